/// Two accounts of one person (rapprochement): either login holds the rights of both.
#pragma once

#include "auth/accounts.hpp"
#include "auth/procedures/correspondence.hpp"
#include "auth/procedures/step.hpp"

namespace postern::auth::procedures {

/// Thread rule: any number of threads at once; hashes, so it belongs on a pool. What it is made of must outlive it.
class Linking {
public:
    explicit Linking(const Tools& tools);

    /// `account` has proven who he is, and proves the other one by its name and password, which costs what a login
    /// costs. Both are told. `invalid`, `throttled`, `refused` (`detail` says which rule).
    [[nodiscard]] StepResult<void> link(AccountId account,
                                        const Credentials& other,
                                        const AttemptContext& context) const;
    /// `refused`: it is not linked.
    [[nodiscard]] StepResult<void> unlink(AccountId account, const AttemptContext& context) const;

private:
    Tools tools_;
    Accounts accounts_;
    Correspondence correspondence_;
};

}  // namespace postern::auth::procedures
