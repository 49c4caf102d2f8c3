# SPDX-License-Identifier: GPL-2.0-or-later
# Unit tests and fuzz drivers: each file of test/unit/test_*.c includes the .c
# it tests and is linked with the other files of floors 0 and 1 that it names
# in a comment "needs: a b c", and with the stand-ins of test/unit that it names
# in a comment "with: a b".
UNIT := $(BUILD)/unit
UNIT_CC ?= clang
UNIT_FLAGS := -g -O1 -std=gnu11 -Wall -Wextra -Werror -Wno-unused-parameter \
	-D_GNU_SOURCE -DMOD_NAME='"e911"' -isystem $(CORE)/modules/tm \
	$(shell pkg-config --cflags libxml-2.0 json-c libpcre2-8 libcurl \
		libjwt-gnutls gnutls) \
	$(shell sed -n 's/^C_DEFS *= *//p' $(CORE)/config.mak 2>/dev/null)
UNIT_LIBS := -lcmocka $(shell pkg-config --libs libxml-2.0 json-c libpcre2-8 libcurl \
	libjwt-gnutls gnutls)
# the kind last: the fuzz drivers add ",fuzzer" to it
SANITIZE := -fno-sanitize-recover=all -fsanitize=address,undefined
UNIT_TESTS := $(patsubst test/unit/%.c,%,$(wildcard test/unit/test_*.c))
FUZZERS := $(patsubst test/fuzz/%.c,%,$(wildcard test/fuzz/fuzz_*.c))
TIME ?= 60
FUZZ := $(BUILD)/fuzz
# without sanitizers, and without what watches comparisons, which costs more
# than most drivers: for the count of executions
FAST := $(BUILD)/fast
NO_CMP := -fno-sanitize-coverage=trace-cmp
comma := ,

needs = $(patsubst %,$(MODULE)/%.c,$(shell sed -n 's/^ \* needs: //p' $(1))) \
	$(patsubst %,test/unit/%.c,$(shell sed -n 's/^ \* with: //p' $(1)))
STUBS := $(wildcard test/unit/*_stub.[ch]) test/unit/tight.h test/unit/guide.h \
	test/unit/token_keys.h

unit: $(UNIT_TESTS:%=$(UNIT)/%.run) $(FUZZERS:%=$(UNIT)/%.seeds)

$(UNIT)/%: test/unit/%.c $(STUBS) $(SOURCES) $(HEADERS)
	@mkdir -p $(UNIT)
	@$(UNIT_CC) $(UNIT_FLAGS) $(SANITIZE) -o $@ $< test/unit/ksr_stub.c \
		$(call needs,$<) $(UNIT_LIBS)

$(UNIT)/%.run: $(UNIT)/%
	@cd test && CMOCKA_MESSAGE_OUTPUT=STDOUT UBSAN_OPTIONS=print_stacktrace=1 $< > $@.log 2>&1 \
		|| { cat $@.log; exit 1; }
	@grep -h 'PASSED\|FAILED' $@.log | sed 's/^/$(notdir $<): /'; mv $@.log $@

$(UNIT)/fuzz_%: test/fuzz/fuzz_%.c $(STUBS) $(SOURCES) $(HEADERS)
	@mkdir -p $(UNIT)
	@clang $(UNIT_FLAGS) $(SANITIZE),fuzzer -o $@ $< test/unit/ksr_stub.c \
		$(call needs,$<) $(UNIT_LIBS)

$(FAST)/fuzz_%: test/fuzz/fuzz_%.c $(STUBS) $(SOURCES) $(HEADERS)
	@mkdir -p $(@D)
	@clang $(UNIT_FLAGS) -O2 -fsanitize=fuzzer $(NO_CMP) -o $@ $< \
		test/unit/ksr_stub.c $(call needs,$<) $(UNIT_LIBS)

# every seed once: what "make test" does with the fuzzers
$(UNIT)/fuzz_%.seeds: $(UNIT)/fuzz_% $(wildcard test/fuzz/seeds/*/*)
	@$< -runs=0 test/fuzz/seeds/$* > $@.log 2>&1 || { tail -40 $@.log; exit 1; }
	@mv $@.log $@; echo "fuzz_$*: $$(ls test/fuzz/seeds/$* | wc -l) seeds"

# RUNS=100000000: so many executions of each instead; NAMES="json path": of some
NAMES ?= $(FUZZERS:fuzz_%=%) path
ifdef RUNS
fuzz: $(patsubst %,$(FAST)/fuzz_%,$(NAMES)) \
		$(patsubst %,$(UNIT)/fuzz_%,$(filter-out path,$(NAMES))) \
		$(patsubst %,$(FUZZ)/fuzz_%,$(filter path,$(NAMES)))
	@test/fuzz/count $(RUNS) $(NAMES)
else
fuzz: $(FUZZERS:%=$(UNIT)/%) fuzz-path
	@set -o pipefail; for f in $(FUZZERS:fuzz_%=%); do \
		mkdir -p $(BUILD)/corpus/$$f; \
		echo "== $$f"; \
		$(UNIT)/fuzz_$$f -max_total_time=$(TIME) -timeout=5 -rss_limit_mb=2048 \
			-artifact_prefix=$(BUILD)/ \
			$(BUILD)/corpus/$$f test/fuzz/seeds/$$f 2>&1 | tail -n 3 || exit 1; \
	done
endif
.PRECIOUS: $(UNIT)/%
