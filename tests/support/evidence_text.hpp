#pragma once

#include "auth/verdict.hpp"
#include "base/overload.hpp"

#include <string>
#include <variant>

namespace postern::test {

/// "name|act_as|password", "token:name|token" or "certificate:name|act_as", with another sign between the parts if
/// asked.
inline std::string text_of(const auth::Evidence& evidence, const std::string& between = "|") {
    return std::visit(base::Overload{
                          [&](const auth::Credentials& credentials) {
                              return credentials.name + between + credentials.act_as + between +
                                     std::string(credentials.password.reveal());
                          },
                          [&](const auth::BearerToken& token) {
                              return "token:" + token.name + between + std::string(token.token.reveal());
                          },
                          [&](const auth::CertificateHolder& holder) {
                              return "certificate:" + holder.name + between + holder.act_as;
                          },
                      },
                      evidence);
}

}  // namespace postern::test
