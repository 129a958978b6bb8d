# postern_room(NAME sources... LINKS public libraries... PRIVATE private libraries...)
# One static library for one folder of the house; its edges are the arrows of docs/architecture.md.
function(postern_room name)
    cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS;PRIVATE" ${ARGN})
    add_library(postern_${name} STATIC ${ROOM_SOURCES})
    target_link_libraries(postern_${name} PUBLIC postern_options ${ROOM_LINKS} PRIVATE ${ROOM_PRIVATE})
endfunction()

option(POSTERN_WHOLE_TEST_PROGRAMS "Let ctest run programs in a few shards, not every case in a process of its own: \
faster where starting one is slow" OFF)

# postern_test(NAME SOURCES ... LINKS ... [LABEL unit]): one GoogleTest program, each of its cases known to ctest. One
# that links postern_test_store gets a PostgreSQL.
function(postern_test name)
    cmake_parse_arguments(TEST "" "LABEL" "SOURCES;LINKS" ${ARGN})
    if(NOT TEST_LABEL)
        set(TEST_LABEL unit)
    endif()
    add_executable(${name} ${TEST_SOURCES})
    target_link_libraries(${name} PRIVATE postern_options ${TEST_LINKS} GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name} PRIVATE POSTERN_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    target_precompile_headers(${name} PRIVATE <gtest/gtest.h> <gmock/gmock.h>)
    set(fixture)
    if("postern_test_store" IN_LIST TEST_LINKS)
        set(fixture FIXTURES_REQUIRED postgresql)
    endif()
    if(NOT POSTERN_WHOLE_TEST_PROGRAMS)
        gtest_discover_tests(${name} NO_PRETTY_VALUES
            PROPERTIES LABELS ${TEST_LABEL} ${fixture} TIMEOUT 120 DISCOVERY_TIMEOUT 60)
        return()
    endif()
    list(LENGTH TEST_SOURCES shards)
    if(shards GREATER 4)
        set(shards 4)
    endif()
    math(EXPR last "${shards} - 1")
    foreach(shard RANGE ${last})
        add_test(NAME ${name}.${shard} COMMAND ${name})
        set_tests_properties(${name}.${shard} PROPERTIES LABELS ${TEST_LABEL} ${fixture} TIMEOUT 900
            ENVIRONMENT "GTEST_TOTAL_SHARDS=${shards};GTEST_SHARD_INDEX=${shard};GTEST_BRIEF=1")
    endforeach()
endfunction()
