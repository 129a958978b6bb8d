/// `postern otp ...`: the keys of a house, from the box they arrive in to the day they are retired.
#pragma once

#include "app/helpdesk_command.hpp"

#include <string>

namespace postern::app {

struct OtpOptions {
    std::string file;  ///< for `import`; "-": standard input
    bool dry_run = false;
    std::string key_file;       ///< of an encrypted PSKC: hexadecimal digits
    std::string password_file;  ///< or what its key is derived from; the first line
    std::string serial;         ///< for `list`: part of it
    std::string state;          ///< for `list`; empty: any
    std::string login;
    std::string document;
    bool json = false;
};

// Each returns the exit status: 0 done, 1 refused or failed (nothing was changed), 2 wrong usage. None shows a seed or
// PIN.
[[nodiscard]] int otp_import(const OtpOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int otp_list(const OtpOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int otp_hand_over(const OtpOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int otp_reopen(const OtpOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int otp_suspend(const OtpOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int otp_resume(const OtpOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int otp_lost(const OtpOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int otp_take_back(const OtpOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int otp_retire(const OtpOptions& options, const HelpdeskTools& tools);

}  // namespace postern::app
