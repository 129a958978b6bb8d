#include "tests/support/private_postgresql.hpp"

#include "tests/support/test_store.hpp"

#include <soci/postgresql/soci-postgresql.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace postern::test {

PrivatePostgresql::PrivatePostgresql() {
    run("start");
    settings_ = {.host = postgresql_socket(folder_.file(".")), .database = "postgres", .user = "postern"};
}

PrivatePostgresql::~PrivatePostgresql() {
    try {
        run("stop");
    } catch (const std::runtime_error& error) {
        ADD_FAILURE() << error.what();
    }
}

void PrivatePostgresql::execute(const std::string& statement) const {
    soci::session(soci::postgresql, connect_string(settings_)) << statement;
}

void PrivatePostgresql::ask_for_passwords() const {
    std::ofstream(settings_.host + "/data/pg_hba.conf", std::ios::trunc) << "local all all scram-sha-256\n";
    run("reload");
}

void PrivatePostgresql::stop() const {
    run("pause");
}

void PrivatePostgresql::start() const {
    run("resume");
}

void PrivatePostgresql::run(const std::string& verb) const {
    const std::string command = POSTERN_POSTGRESQL_FOR_TESTS " " + verb + " " + folder_.file(".");
    if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

std::string shared_postgresql_log() {
    std::ifstream log(postgresql_socket(POSTERN_POSTGRESQL_FOLDER) + "/server.log");
    return {std::istreambuf_iterator<char>(log), {}};
}

}  // namespace postern::test
