# All from Debian 12 packages: scripts/packages.txt. Which room may use which is said by each room's CMakeLists.txt.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS SSL Crypto)
find_package(pugixml REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(CURL REQUIRED)
find_package(ICU 72 REQUIRED COMPONENTS i18n uc)
find_package(PkgConfig REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(xcrypt REQUIRED IMPORTED_TARGET libxcrypt)
pkg_check_modules(pq REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
# Its core alone: how it would serve and push by itself is of no use here.
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core)

# Debian's SOCI, libcsv and zxcvbn bring neither CMake nor pkg-config files.
function(postern_plain_library target header library)
    find_path(${target}_INCLUDE ${header} REQUIRED)
    find_library(${target}_LIBRARY ${library} REQUIRED)
    add_library(${target} INTERFACE IMPORTED)
    target_include_directories(${target} SYSTEM INTERFACE ${${target}_INCLUDE})
    target_link_libraries(${target} INTERFACE ${${target}_LIBRARY})
endfunction()
postern_plain_library(soci_core soci/soci.h soci_core)
postern_plain_library(soci_sqlite3 soci/sqlite3/soci-sqlite3.h soci_sqlite3)
postern_plain_library(soci_postgresql soci/soci.h soci_postgresql)
postern_plain_library(csv csv.h csv)
postern_plain_library(zxcvbn zxcvbn.h zxcvbn)

# Asio compiled once (net/asio.cpp) instead of in every unit.
add_library(postern_asio INTERFACE)
target_link_libraries(postern_asio INTERFACE Boost::headers OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
target_compile_definitions(postern_asio INTERFACE
    BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE)
