# SPDX-License-Identifier: GPL-2.0-or-later
# The fuzz driver of the whole path: all of the module but its wires, and
# Kamailio's own core, built of its configured source; once for the sanitizers
# and once for the count.
FUZZ_FLAGS := $(UNIT_FLAGS) -Wno-everything -fPIC -fno-sanitize-recover=all
# what the driver stands in for, and what it includes
OUTSIDE := e911_mod transaction dispatch uac
PATH_FILES := $(patsubst $(MODULE)/%.c,%.o,$(filter-out \
	$(OUTSIDE:%=$(MODULE)/%.c),$(SOURCES)))

# The core as it is built for the machine, but with clang; the link fails for
# want of its library, and is not needed. One job at a time: bison writes
# cfg.tab.h while the lexer that includes it may be compiled already.
# $(1) folder, $(2) what the core is instrumented for, $(3) the module, $(4) the
# driver
define path_driver
$(1)/core.done: | $(CORE)/config.mak
	@mkdir -p $(1) && rm -rf $(1)/src && cp -a $(CORE) $(1)/src
	@rm -rf $(1)/src/modules/*
	-@$$(MAKE) -j1 -C $(1)/src CC=clang LD=clang modules= Q=1 -k \
		CC_EXTRA_OPTS="-g -Wno-everything $(2)" \
		kamailio > $(1)/core.log 2>&1
	@objcopy --redefine-sym main=kamailio_main $(1)/src/main.o
	@touch $$@

$(1)/e911/%.o: $(MODULE)/%.c $(HEADERS)
	@mkdir -p $$(@D)
	@clang $(FUZZ_FLAGS) $(3) -c -o $$@ $$<

$(1)/fuzz_path: test/fuzz/path/fuzz_path.c $(PATH_FILES:%=$(1)/e911/%) \
		$(1)/core.done $(MODULE)/e911_mod.c
	@clang $(FUZZ_FLAGS) $(4) -rdynamic -o $$@ $$< \
		$(PATH_FILES:%=$(1)/e911/%) \
		$$$$(find $(1)/src/core $(1)/src/main.o -name '*.o') \
		-L$(SRDB1_DIR) -l:libsrdb1.so.1 -Wl,-rpath,$(SRDB1_DIR) \
		$(UNIT_LIBS) -lm -ldl -lresolv -lpthread
endef
$(eval $(call path_driver,$(FUZZ),-O1 -fsanitize=fuzzer-no-link$(comma)address,\
	-fsanitize=fuzzer-no-link$(comma)address$(comma)undefined,\
	-fsanitize=fuzzer$(comma)address$(comma)undefined))
COUNTED := $(NO_CMP) -fsanitize-coverage-allowlist=$(CURDIR)/test/fuzz/path/counted
$(eval $(call path_driver,$(FAST),-O2 -fsanitize=fuzzer-no-link $(COUNTED),\
	-O2 -fsanitize=fuzzer-no-link $(COUNTED),-O2 -fsanitize=fuzzer $(COUNTED)))

# every seed once, as "make unit" does with the others
path: $(FUZZ)/fuzz_path
	@$< -runs=0 test/fuzz/seeds/path > $(FUZZ)/path.log 2>&1 \
		|| { tail -40 $(FUZZ)/path.log; exit 1; }
	@echo "fuzz_path: $$(ls test/fuzz/seeds/path | wc -l) seeds"

fuzz-path: $(FUZZ)/fuzz_path
	@mkdir -p $(BUILD)/corpus/path && echo "== path"
	@set -o pipefail; $< -max_total_time=$(TIME) -timeout=5 -rss_limit_mb=2048 \
		-max_len=8192 -artifact_prefix=$(BUILD)/ \
		$(BUILD)/corpus/path test/fuzz/seeds/path 2>&1 | grep -a "^Done\|ERROR\|SUMMARY\|Assertion"
