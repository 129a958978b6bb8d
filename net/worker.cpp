#include "net/worker.hpp"

#include "net/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <utility>
#include <vector>

namespace postern::net {

Worker::Worker() : keep_running_(context_.get_executor()) {}

Worker::~Worker() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
    for_each_connection([](Connection& connection) { connection.abandon(); });
}

/// One that is told may take itself and others away.
void Worker::for_each_connection(const std::function<void(Connection&)>& tell) {
    const std::vector<Connection*> told(connections_.begin(), connections_.end());
    for (Connection* connection : told)
        if (connections_.contains(connection)) tell(*connection);
}

void Worker::start() {
    thread_ = std::thread([this] {
        context_.run();
        ended_.set_value();
    });
}

void Worker::post(std::function<void()> work) {
    boost::asio::post(context_, std::move(work));
}

void Worker::spawn(boost::asio::awaitable<void> task) {
    boost::asio::co_spawn(context_, std::move(task), [](const std::exception_ptr& thrown) {
        if (!thrown) return;
        try {
            std::rethrow_exception(thrown);
        } catch (const std::exception& error) {
            log(config::LogLevel::error, "task_failed", {{"reason", error.what()}});
        }
    });
}

void Worker::shut_down_connections() {
    post([this] { for_each_connection([](Connection& connection) { connection.shut_down(); }); });
}

void Worker::finish(std::chrono::milliseconds limit) {
    keep_running_.reset();
    if (ended_.get_future().wait_for(limit) == std::future_status::timeout) context_.stop();
    if (thread_.joinable()) thread_.join();
}

Connection::Connection(Worker& worker) : worker_(worker) {
    worker_.connections_.insert(this);
}

Connection::~Connection() {
    worker_.connections_.erase(this);
}

}  // namespace postern::net
