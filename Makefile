# Lienthong.  The two commands for newcomers are `make demo` and `make check`.
# MODE: debug (default), release, asan, tsan, clang.  CC may be given with debug.

MODE ?= debug
O    := build/$(MODE)
SHELL := /bin/bash

PG_INCLUDE := $(shell pg_config --includedir)
# Quoted includes only: lib/avro/schema.h must not shadow avro-c's <avro/schema.h>.
CPPFLAGS += -iquote lib -iquote services -iquote broker-adapters -iquote tools -iquote tests \
            -D_GNU_SOURCE -DLT_VERSION='"$(shell cat VERSION)"' -isystem $(PG_INCLUDE)
WARN := -Wall -Wextra -Wconversion -Wshadow -Wformat=2 -Wstrict-prototypes \
        -Wmissing-prototypes -Wcast-qual -Wundef -Wvla -Wwrite-strings \
        -Wpointer-arith -Wimplicit-fallthrough $(if $(WERROR),-Werror)
CFLAGS.debug   := -O1
CFLAGS.release := -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong
CFLAGS.asan    := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
CFLAGS.tsan    := -O1 -fsanitize=thread
CFLAGS.clang   := -O1
LDFLAGS.asan   := -fsanitize=address,undefined
LDFLAGS.tsan   := -fsanitize=thread
ifeq ($(MODE),clang)
CC := clang
endif
CFLAGS  += -std=gnu17 -g -fno-omit-frame-pointer -pthread $(CFLAGS.$(MODE)) $(WARN)
LDFLAGS += $(LDFLAGS.$(MODE)) -pthread
LDLIBS  += -Wl,--as-needed -lrdkafka -lavro -lpq -lssl -lcrypto -levent -levent_pthreads \
           -ljansson -linih -lunistring -lm

.SECONDARY:
.DELETE_ON_ERROR:
all:
include tools/mk/rules.mk

all: $(PROGRAMS)

tests: $(UNIT_TESTS) $(REAL_TESTS) $(TEST_TOOLS) $(SIM) $(BENCH)

unit: $(UNIT_TESTS)
	@tests/run-unit $(UNIT_TESTS)

# 100,000 schedules of the lanes, and every rule left out once.
sim: $(SIM)
	@$(SIM)

# A million schedules in two processes.
sim-long: $(SIM)
	@$(SIM) --seed 1 --schedules 500000 & first=$$!; \
	    $(SIM) --seed 500001 --schedules 500000; second=$$?; \
	    wait $$first && exit $$second

fuzz-replay: $(FUZZ_REPLAY)
	@tests/fuzz/replay $(FUZZ_REPLAY)

# Every fuzz target in turn, SECONDS of each, under ASan and UBSan.
SECONDS_EACH ?= 60
fuzz:
	@tests/fuzz/all $(SECONDS_EACH)

# Tests on real parts: one program against a broker and databases, and the whole line.  The longest
# begin first, so that they do not run alone at the end.
LONGEST := test_bad_input test_faults test_use_period test_right test_provider_faults test_routing \
           test_provider_source test_provider test_consumer_worth test_position
REAL := $(sort $(notdir $(REAL_TESTS)) $(basename $(notdir $(wildcard tests/line/test_*.py))))
real: all $(REAL_TESTS)
	@tests/real $(MODE) $(LONGEST) $(filter-out $(LONGEST), $(REAL))

# Random histories on the real line, judged by an outside witness: SEED=N plays one again.
truth: all
	@tests/truth/run --mode $(MODE) $(if $(SEED),--seed $(SEED),--seed 1 --count 5)
truth-check: all
	@tests/truth/run --mode $(MODE) --check
truth-long: all
	@tests/truth/run --mode $(MODE) --long $(if $(SEED),--seed $(SEED),--seed 1 --count 3)

# Each plausible bug of tests/truth/mutants in a copy of the tree, until its arena catches it:
# NAME=... one or some, or those of an arena (sim, unit, line, truth).
mutants: all tests
	@tests/truth/mutants/run $(NAME)

# One transaction of 5 million rows with a kill in its middle: memory and every row once.
check-large: all $(O)/tests/integration/test_provider_faults
	@LT_TEST_BIG_ROWS=5000000 LT_TEST_TIMEOUT=3000 LT_TEST_FILTER='a_big_*' LT_TEST_TELL=1 \
	    tests/integration/run $(O)/tests/integration/test_provider_faults

# Everything a change must pass; installs what is missing first.
check: packages
	@tests/check

# Each stage beside its physical limit, measured in the same run (tests/bench/README.md); optimised
# programs, results under build/bench/.  STAGE=capture runs one, ROUNDS and ROWS change the effort.
bench: packages
	@$(MAKE) --no-print-directory -s -j$$(nproc) MODE=release all bench-programs
	@tests/bench/run --mode release $(if $(STAGE),--stage $(STAGE)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
	    $(if $(ROWS),--rows $(ROWS))
bench-programs: $(BENCH)

# The whole line beside Debezium and PostgreSQL's own replication, on the same rows in the same run.
# SYSTEM=native,debezium-512 runs some of them; ROUNDS and ROWS change the effort.
bench-peers: packages
	@$(MAKE) --no-print-directory -s -j$$(nproc) MODE=release all
	@tests/bench/peers --mode release $(if $(SYSTEM),--system $(SYSTEM)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
	    $(if $(ROWS),--rows $(ROWS))

# The ratios of the core stages against their committed values: part of `make check`.
bench-guard: $(BENCH)
	@tests/bench/guard --mode $(MODE)

# The main job on real data, from an empty machine to a report.
demo: packages
	@$(MAKE) --no-print-directory -s -j$$(nproc) MODE=release all
	@tools/demo/demo

demo-stop:
	@tools/demo/demo stop

# Programs, manual pages, units and samples; packagers set DESTDIR, MODE=release and PREFIX=/usr.
PREFIX ?= /usr
install: all
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin share/man/man1 share/man/man5 share/man/man8 \
	    lib/systemd/system lib/sysusers.d lib/tmpfiles.d share/doc/lienthong/examples)
	install $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin
	for n in 1 5 8; do install -m 644 deploy/man/*.$$n $(DESTDIR)$(PREFIX)/share/man/man$$n; done
	install -m 644 deploy/systemd/*.service $(DESTDIR)$(PREFIX)/lib/systemd/system
	install -m 644 deploy/systemd/lienthong.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/lienthong.conf
	install -m 644 deploy/systemd/lienthong.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/lienthong.conf
	install -m 644 deploy/conf/*.conf $(DESTDIR)$(PREFIX)/share/doc/lienthong/examples

# Samples, units and manual pages agree with the programs.
deploy-check: all
	@tests/check-deploy --mode $(MODE)

packages:
	@tools/install-packages

format:
	git ls-files '*.c' '*.h' | xargs clang-format -i

# One process a file: version 14 invents faults when given several.
tidy:
	@git ls-files 'lib/*.c' 'services/*.c' 'broker-adapters/*.c' 'tools/*.c' | \
	    xargs -P $$(nproc) -n 1 sh -c 'clang-tidy --quiet "$$0" -- $(CPPFLAGS) -std=gnu17 2>/dev/null'

clean:
	rm -rf build/debug build/release build/asan build/tsan build/clang build/check

.PHONY: all tests unit sim sim-long fuzz fuzz-replay real truth truth-check truth-long mutants check check-large bench bench-programs bench-guard bench-peers demo demo-stop install deploy-check packages format tidy clean
