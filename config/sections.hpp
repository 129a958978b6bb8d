/// The loaders of the sections of a configuration file, and the check of what they say about one another.
#pragma once

#include "config/forms.hpp"
#include "config/mapping_reader.hpp"
#include "config/settings.hpp"

#include <string_view>

namespace postern::config {

extern const OneOf<MailProtocol> mail_protocol_form;
extern const OneOf<ListenerProtocol> listener_protocol_form;
extern const OneOf<SenderCheck> sender_check_form;
inline const OneOf<bool> yes_or_no{{{"true", true}, {"false", false}}};

/// As in the file.
[[nodiscard]] std::string_view name_of(MailProtocol protocol);
[[nodiscard]] std::string_view name_of(ListenerProtocol protocol);

/// A secret, which stands in a file of its own or in the environment. `key` is optional.
void read_secret(MappingReader& section, const std::string& key, base::Secret& secret);

/// server, log, store, auth, tls, limits, submission and groups.
void read_process_settings(MappingReader& root, Settings& settings);
/// store.
void read_store_settings(MappingReader& root, Settings& settings);
/// accounts.
void read_account_settings(MappingReader& root, Settings& settings);
void read_listeners(MappingReader& root, Settings& settings);
void read_backends(MappingReader& root, Settings& settings);
void read_routing(MappingReader& root, Settings& settings);
void read_domains(MappingReader& root, Settings& settings);

/// Whether names refer to something, and to something that fits; whether what must be unique is.
void check_references(const Settings& settings, Problems& problems);

}  // namespace postern::config
