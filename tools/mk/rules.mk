# Build rules: one graph for everything, one directory per mode.
# Libraries (lib/*), programs and tests are discovered by their place in the tree.

comma := ,
LIBRARIES := $(shell cut -d' ' -f1 tools/layers.txt)
LIB_A     := $(patsubst %,$(O)/lib/%.a,$(LIBRARIES))

# $(call library,NAME)
define library
$(O)/lib/$(1).a: $(patsubst %.c,$(O)/%.o,$(wildcard lib/$(1)/*.c))
endef
$(foreach l,$(LIBRARIES),$(eval $(call library,$(l))))

# The records' schemas, compiled in: lt_avsc_<name>[] (zero terminated text).
AVSC := $(wildcard schemas/*.avsc)
$(O)/gen/avsc.c: $(AVSC) tools/mk/embed-text
	@mkdir -p $(@D)
	@tools/mk/embed-text lt_avsc $(AVSC) >$@
$(O)/gen/avsc.o: $(O)/gen/avsc.c
	@echo "  CC $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(O)/lib/record.a: $(O)/gen/avsc.o

# $(call program,DIRECTORY,NAME): everything but main.c also stands in an archive,
# so that unit tests link the pure cores.
define program
PROGRAM_A += $(O)/prog/$(notdir $(1)).a
PROGRAMS  += $(O)/bin/$(2)
$(O)/prog/$(notdir $(1)).a: $(patsubst %.c,$(O)/%.o,$(filter-out %/main.c,$(wildcard $(1)/*.c)))
$(O)/bin/$(2): $(patsubst %.c,$(O)/%.o,$(wildcard $(1)/main.c)) $(O)/prog/$(notdir $(1)).a $(LIB_A)
	@mkdir -p $$(@D)
	@echo "  LD $$@"
	@$$(CC) $$(LDFLAGS) -rdynamic -o $$@ -Wl,--start-group $$^ -Wl,--end-group $$(LDLIBS)
endef
$(eval $(call program,broker-adapters/provider-postgres,lt-provider-postgres))
$(eval $(call program,broker-adapters/consumer-postgres,lt-consumer-postgres))
$(eval $(call program,services/routing,lt-routing))
$(eval $(call program,services/steward,lt-steward))
$(eval $(call program,tools/lienthong,lienthong))

# The consumer's SQL, compiled in: lt_sql_<name>[] (zero terminated text).
CONSUMER_SQL := $(wildcard broker-adapters/consumer-postgres/sql/*.sql)
$(O)/gen/consumer_sql.c: $(CONSUMER_SQL) tools/mk/embed-text
	@mkdir -p $(@D)
	@tools/mk/embed-text lt_sql $(CONSUMER_SQL) >$@
$(O)/gen/consumer_sql.o: $(O)/gen/consumer_sql.c
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(O)/prog/consumer-postgres.a: $(O)/gen/consumer_sql.o

# Unit tests: tests/unit/<module>/test_*.c, one cmocka program each.  Tests that need
# real parts are tests/integration/test_*.c and are started by tests/integration/run.
SUPPORT_A   := $(O)/tests/support.a
$(SUPPORT_A): $(patsubst %.c,$(O)/%.o,$(wildcard tests/support/*.c))
UNIT_SRC    := $(wildcard tests/unit/*/test_*.c)
UNIT_TESTS  := $(patsubst %.c,$(O)/%,$(UNIT_SRC))
REAL_SRC    := $(wildcard tests/integration/test_*.c)
REAL_TESTS  := $(patsubst %.c,$(O)/%,$(REAL_SRC))
TEST_TOOLS  := $(patsubst %.c,$(O)/%,$(wildcard tests/tools/*.c))

$(UNIT_TESTS) $(REAL_TESTS) $(TEST_TOOLS): $(O)/%: $(O)/%.o $(SUPPORT_A) $(PROGRAM_A) $(LIB_A)
	@mkdir -p $(@D)
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) -rdynamic -o $@ -Wl,--start-group $^ -Wl,--end-group -lcmocka $(LDLIBS)

# Benchmarks: tests/bench/bench_*.c are programs, the other files there are shared by them.
# Those of the core run routing's lane without Kafka: the calls of its bus are led to core_bus.c.
BENCH_SRC := $(wildcard tests/bench/bench_*.c)
BENCH     := $(patsubst %.c,$(O)/%,$(BENCH_SRC))
BENCH_A   := $(O)/tests/bench.a
$(BENCH_A): $(patsubst %.c,$(O)/%.o,$(filter-out $(BENCH_SRC),$(wildcard tests/bench/*.c)))
CORE_WRAP := $(patsubst %,-Wl$(comma)--wrap=lt_%,control_key_read_public asker_open admin_open \
             asker_topic_exists reader_open reader_add reader_poll bus_read_to_end producer_begin \
             producer_send producer_commit)
$(patsubst %,$(O)/tests/bench/bench_%,routing_core connections growth): BENCH_LDFLAGS := $(CORE_WRAP)
$(BENCH): $(O)/%: $(O)/%.o $(BENCH_A) $(SUPPORT_A) $(PROGRAM_A) $(LIB_A)
	@mkdir -p $(@D)
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) -rdynamic $(BENCH_LDFLAGS) -o $@ -Wl,--start-group $^ -Wl,--end-group \
	    -lcmocka $(LDLIBS)

# The simulation of routing's lanes: their pure files once more, with switches that leave one rule
# of the protocol out (routing/mutant.h), always optimised.
SIM     := $(O)/tests/sim/sim_routing
SIM_O   := $(patsubst %,$(O)/sim/services/routing/%.o,state cursor view keyset effect lane stand start \
             voucher boundary plan live catch) \
           $(patsubst %.c,$(O)/sim/%.o,$(wildcard tests/sim/*.c))
$(O)/sim/%.o: %.c Makefile tools/mk/rules.mk
	@mkdir -p $(@D)
	@echo "  CC $< (sim)"
	@$(CC) $(CPPFLAGS) -DLT_MUTANTS $(CFLAGS) -O2 -MMD -MP -c -o $@ $<
$(SIM): $(SIM_O) $(LIB_A)
	@mkdir -p $(@D)
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) -o $@ -Wl,--start-group $^ -Wl,--end-group $(LDLIBS)

# Fuzz targets define LLVMFuzzerTestOneInput; here each is linked with a replay main.
FUZZ_SRC    := $(wildcard tests/fuzz/targets/fuzz_*.c)
FUZZ_REPLAY := $(patsubst %.c,$(O)/%,$(FUZZ_SRC))
$(FUZZ_REPLAY): $(O)/%: $(O)/%.o $(O)/tests/fuzz/replay_main.o $(PROGRAM_A) $(LIB_A)
	@mkdir -p $(@D)
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) -o $@ -Wl,--start-group $^ -Wl,--end-group $(LDLIBS)

$(O)/%.o: %.c Makefile tools/mk/rules.mk
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(O)/%.a:
	@mkdir -p $(@D)
	@rm -f $@
	@$(AR) rcsD $@ $^
-include $(shell find $(O) -name '*.d' 2>/dev/null)
