# The compiler of record is clang 19 of Debian 12 (package clang-19).
# GCC older than 13 miscompiles coroutines without a warning: a temporary in a co_await statement is destroyed twice.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    message(FATAL_ERROR
        "GCC ${CMAKE_CXX_COMPILER_VERSION} miscompiles C++20 coroutines (double destruction of temporaries in co_await "
        "statements; see docs/decisions/0001-compiler.md). Use clang 19: install the package clang-19 and configure with\n"
        "    cmake --preset dev")
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
    message(FATAL_ERROR "clang ${CMAKE_CXX_COMPILER_VERSION} is too old for <expected>: install the package clang-19.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(POSTERN_SANITIZE "" CACHE STRING "Sanitizers to build with, as for -fsanitize=")

# Every target of the project links this one.
add_library(postern_options INTERFACE)
target_compile_options(postern_options INTERFACE
    -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
    -Wold-style-cast -Wcast-qual -Wextra-semi -Wformat=2 -Wimplicit-fallthrough -Wunused -Wnull-dereference
    -Wdouble-promotion
    -Wno-missing-designated-field-initializers)  # what is left out of { .a = 1 } has its default: that is what it is for
target_include_directories(postern_options INTERFACE ${PROJECT_SOURCE_DIR})
if(POSTERN_SANITIZE)
    target_compile_options(postern_options INTERFACE
        -fsanitize=${POSTERN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(postern_options INTERFACE -fsanitize=${POSTERN_SANITIZE})
    # Asio keeps freed handler memory for reuse, which would hide a use after free.
    target_compile_definitions(postern_options INTERFACE BOOST_ASIO_DISABLE_SMALL_BLOCK_RECYCLING POSTERN_SANITIZED)
else()
    target_compile_options(postern_options INTERFACE
        -fstack-protector-strong -fstack-clash-protection -fcf-protection -ftrivial-auto-var-init=zero
        $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>)
endif()
target_compile_definitions(postern_options INTERFACE _GLIBCXX_ASSERTIONS)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
target_link_options(postern_options INTERFACE -fuse-ld=lld-19 -Wl,-z,relro,-z,now)

find_program(POSTERN_CCACHE ccache)
if(POSTERN_CCACHE)
    # Precompiled headers need the sloppiness below to be cacheable (ccache manual, "Precompiled headers").
    set(POSTERN_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
        CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=true ${POSTERN_CCACHE})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${POSTERN_LAUNCHER})
    add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
endif()
