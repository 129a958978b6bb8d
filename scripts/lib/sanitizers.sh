# How programs built with sanitizers report: leaks count, stacks have names, a finding ends the program. Sourced.
# shellcheck shell=bash

symbolizer=/usr/bin/llvm-symbolizer-19
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=second_deadlock_stack=1
ASAN_OPTIONS+=:external_symbolizer_path=$symbolizer
UBSAN_OPTIONS+=:external_symbolizer_path=$symbolizer
TSAN_OPTIONS+=:external_symbolizer_path=$symbolizer
