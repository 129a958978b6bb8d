#include "app/csv_reader.hpp"

#include "base/utf8.hpp"

#include <csv.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

namespace postern::app {

namespace {

void wiping_free(void* block) {
    if (block == nullptr) return;
    base::wipe({static_cast<char*>(block), ::malloc_usable_size(block)});
    std::free(block);
}

/// realloc may leave a copy of the old content behind; this one does not. It doubles what it has, because libcsv asks
/// for 128 bytes more each time, and a quote that never ends would be copied half a million times.
void* wiping_realloc(void* block, std::size_t size) {
    const std::size_t had = block == nullptr ? 0 : ::malloc_usable_size(block);
    if (block != nullptr && had >= size) return block;
    void* const larger = std::malloc(std::max(size, 2 * had));
    if (larger == nullptr || block == nullptr) return larger;
    std::memcpy(larger, block, had);
    wiping_free(block);
    return larger;
}

/// Feeds libcsv one line after the other, because libcsv itself does not say where it is.
class Reading {
public:
    explicit Reading(const CsvEvents& events) : events_(events) {
        if (csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI) != 0) throw std::bad_alloc();
        csv_set_realloc_func(&parser_, wiping_realloc);
        csv_set_free_func(&parser_, wiping_free);
        // By default libcsv drops spaces around fields; a password may begin with one (RFC 4180 section 2, item 4).
        csv_set_space_func(&parser_, [](unsigned char) { return 0; });
    }
    ~Reading() { csv_free(&parser_); }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

    /// One line with its end. False when nothing behind it can be read.
    bool feed(std::string_view line) {
        ++line_;
        if (!is_inside_row_) row_line_ = line_;
        check_bytes(line);
        const bool is_blank = line.find_first_not_of("\r\n") == std::string_view::npos;
        row_ended_ = false;
        const auto taken = csv_parse(&parser_, line.data(), line.size(), on_field, on_row, this);
        if (taken != line.size()) {
            events_.problem(line_, why_stopped() + "; the rest of the file was not read");
            return false;
        }
        is_inside_row_ = !row_ended_ && (is_inside_row_ || !is_blank);
        return true;
    }

    void finish() {
        if (csv_fini(&parser_, on_field, on_row, this) == 0) return;
        events_.problem(row_line_, "a quoted field of the row that begins here never ends: look for a missing quote");
    }

private:
    static void on_field(void* bytes, std::size_t size, void* self) {
        auto& fields = static_cast<Reading*>(self)->fields_;
        if (fields.size() > max_csv_fields) return;  // a line of commas would take many times its size
        fields.emplace_back();
        base::append(fields.back(), {static_cast<const char*>(bytes), size});
    }
    static void on_row(int /*terminator*/, void* self) {
        auto& reading = *static_cast<Reading*>(self);
        reading.events_.row(reading.row_line_, reading.fields_);
        reading.fields_.clear();
        reading.row_ended_ = true;
    }

    void check_bytes(std::string_view line) const {
        if (line.contains('\0')) events_.problem(line_, "contains a NUL byte");
        if (!base::is_utf8(line)) events_.problem(line_, "is not valid UTF-8: save the file as UTF-8");
        const auto carriage_return = line.find('\r');
        if (carriage_return != std::string_view::npos && line.substr(carriage_return) != "\r\n") {
            events_.problem(line_, "contains a carriage return without a line feed behind it");
        }
    }

    std::string why_stopped() {
        if (csv_error(&parser_) == CSV_EPARSE) {
            return "a quote stands inside a field, or text behind a closing quote (inside quotes, a quote is written "
                   "twice)";
        }
        return csv_strerror(csv_error(&parser_));
    }

    const CsvEvents& events_;
    csv_parser parser_{};
    std::vector<base::WipingBuffer> fields_;
    std::size_t line_ = 0;
    std::size_t row_line_ = 1;
    bool is_inside_row_ = false;
    bool row_ended_ = false;
};

}  // namespace

void read_csv(std::string_view text, const CsvEvents& events) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    Reading reading(events);
    while (!text.empty()) {
        const auto line_feed = text.find('\n');
        const auto size = line_feed == std::string_view::npos ? text.size() : line_feed + 1;
        if (!reading.feed(text.substr(0, size))) return;
        text.remove_prefix(size);
    }
    reading.finish();
}

}  // namespace postern::app
