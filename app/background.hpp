/// What the running server does without being asked: sends what waits in the outbox, and takes away what is of no use.
#pragma once

#include "app/courier_threads.hpp"
#include "app/generation.hpp"
#include "app/housekeeping.hpp"
#include "auth/delivery/deliveries.hpp"
#include "auth/keyring.hpp"
#include "auth/store.hpp"

#include <memory>
#include <utility>

namespace postern::app {

/// Runs while it lives, as one configuration says; a new configuration needs a new one. Stops within a second.
class Background {
public:
    Background(std::shared_ptr<const Generation> generation,
               auth::Store& store,
               const auth::Keyring& keyring,
               const base::Clock& clock)
        : generation_(std::move(generation)),
          deliveries_(generation_->settings().accounts, generation_->settings().server.hostname),
          couriers_(store, keyring, clock, deliveries_),
          housekeeping_(store, keyring, clock, generation_->settings().accounts.journal_months) {}

private:
    std::shared_ptr<const Generation> generation_;
    auth::delivery::Deliveries deliveries_;
    CourierThreads couriers_;
    Housekeeping housekeeping_;
};

}  // namespace postern::app
