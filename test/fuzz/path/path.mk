# SPDX-License-Identifier: GPL-2.0-or-later
# The fuzz driver of the whole path: all of the module but its wires, and
# Kamailio's own core, built of its configured source.
FUZZ := $(BUILD)/fuzz
FUZZ_FLAGS := $(UNIT_FLAGS) -Wno-everything -fPIC -fno-sanitize-recover=all
# what the driver stands in for, and what it includes
OUTSIDE := e911_mod transaction dispatch uac
PATH_OBJECTS := $(patsubst $(MODULE)/%.c,$(FUZZ)/e911/%.o,$(filter-out \
	$(OUTSIDE:%=$(MODULE)/%.c),$(SOURCES)))

# as it is built for the machine, but with clang and its sanitizer; the link
# fails for want of its library, and is not needed. One job at a time: bison
# writes cfg.tab.h while the lexer that includes it may be compiled already.
$(FUZZ)/core.done: | $(CORE)/config.mak
	@mkdir -p $(FUZZ) && rm -rf $(FUZZ)/src && cp -a $(CORE) $(FUZZ)/src
	@rm -rf $(FUZZ)/src/modules/*
	-@$(MAKE) -j1 -C $(FUZZ)/src CC=clang LD=clang modules= Q=1 -k \
		CC_EXTRA_OPTS="-g -O1 -Wno-everything -fsanitize=fuzzer-no-link,address" \
		kamailio > $(FUZZ)/core.log 2>&1
	@objcopy --redefine-sym main=kamailio_main $(FUZZ)/src/main.o
	@touch $@

$(FUZZ)/e911/%.o: $(MODULE)/%.c $(HEADERS)
	@mkdir -p $(@D)
	@clang $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link,address,undefined -c -o $@ $<

$(FUZZ)/fuzz_path: test/fuzz/path/fuzz_path.c $(PATH_OBJECTS) $(FUZZ)/core.done \
		$(MODULE)/e911_mod.c
	@clang $(FUZZ_FLAGS) -fsanitize=fuzzer,address,undefined -rdynamic -o $@ $< \
		$(PATH_OBJECTS) $$(find $(FUZZ)/src/core $(FUZZ)/src/main.o -name '*.o') \
		-L$(SRDB1_DIR) -l:libsrdb1.so.1 -Wl,-rpath,$(SRDB1_DIR) \
		$(UNIT_LIBS) -lm -ldl -lresolv -lpthread

# every seed once, as "make unit" does with the others
path: $(FUZZ)/fuzz_path
	@$< -runs=0 test/fuzz/seeds/path > $(FUZZ)/path.log 2>&1 \
		|| { tail -40 $(FUZZ)/path.log; exit 1; }
	@echo "fuzz_path: $$(ls test/fuzz/seeds/path | wc -l) seeds"

fuzz: fuzz-path

fuzz-path: $(FUZZ)/fuzz_path
	@mkdir -p $(BUILD)/corpus/path && echo "== path"
	@set -o pipefail; $< -max_total_time=$(TIME) -timeout=5 -rss_limit_mb=2048 \
		-max_len=8192 -artifact_prefix=$(BUILD)/ \
		$(BUILD)/corpus/path test/fuzz/seeds/path 2>&1 | grep -a "^Done\|ERROR\|SUMMARY\|Assertion"
