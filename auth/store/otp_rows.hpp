/// OTP keys as rows. For the files of this folder only.
#pragma once

#include "auth/records/otp_records.hpp"
#include "auth/store/database.hpp"

#include <utility>

namespace postern::auth::store {

class OtpRows final : public OtpRecords {
public:
    explicit OtpRows(Database& database) : database_(database) {}

    [[nodiscard]] std::optional<OtpKey> find(OtpKeyId id) override;
    [[nodiscard]] std::optional<OtpKey> find(std::string_view serial) override;
    [[nodiscard]] std::optional<OtpKey> of_account(AccountId account) override;
    [[nodiscard]] std::vector<OtpKey> list(const OtpKeyFilter& filter) override;
    [[nodiscard]] bool add(const OtpKey& key, Time now) override;
    [[nodiscard]] bool hand_over(const OtpHandOver& hand_over, Time now) override;
    [[nodiscard]] bool reopen(OtpKeyId id, Time enrol_until, Time now) override;
    [[nodiscard]] bool charge_enrolment(OtpKeyId id, Time now) override;
    [[nodiscard]] bool accept_step(
        OtpKeyId id, OtpKeyState from, OtpKeyState to, std::int64_t step, int drift, Time now) override;
    [[nodiscard]] bool propose_pin(OtpKeyId id, std::string_view sealed, std::int64_t last_step, Time now) override;
    [[nodiscard]] bool replace_pin(OtpKeyId id, std::string_view sealed, Time now) override;
    [[nodiscard]] bool resynchronise(OtpKeyId id, std::int64_t step, int drift, Time now) override;
    [[nodiscard]] bool set_state(OtpKeyId id, OtpKeyState from, OtpKeyState to, Time now) override;

private:
    template <class... Bound>
    std::vector<OtpKey> select(const std::string& where, Bound&&... bound);

    Database& database_;
};

}  // namespace postern::auth::store
