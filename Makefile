# SPDX-License-Identifier: GPL-2.0-or-later
# e911: emergency calls for Kamailio. "make help" lists the targets.
SHELL = /bin/bash
.DELETE_ON_ERROR:
.PHONY: all help deps test-deps unit func test fuzz layers lint format demo run \
	softphone soak asan bench docs install install-ctl deb in-tree path fuzz-path \
	clean

BUILD := $(CURDIR)/build
MODULE := modules/e911
SOURCES := $(wildcard $(MODULE)/*.c)
HEADERS := $(wildcard $(MODULE)/*.h)
PYTHON := /usr/bin/python3

# A configured Kamailio source tree; without one, Debian's of the version that
# is installed.
KAMAILIO_SRC ?= $(BUILD)/kamailio
CORE := $(KAMAILIO_SRC)/src
# what the sample calls PAGE_DIR
PAGES_DIR ?= /usr/share/kamailio/e911
MODULES_DIR ?= $(shell dirname "$$(dpkg -L kamailio 2>/dev/null | grep '/tm\.so$$')")

# the library of the database drivers, as the package has it
SRDB1_DIR ?= $(shell dirname "$$(dpkg -L kamailio 2>/dev/null | grep '/libsrdb1\.so\.1$$')")

PACKAGES := gcc make pkg-config dpkg-dev ca-certificates flex bison \
	kamailio kamailio-extra-modules kamailio-json-modules \
	kamailio-lua-modules kamailio-tls-modules kamailio-websocket-modules \
	kamailio-utils-modules kamailio-outbound-modules kamailio-xml-modules \
	libssl-dev libcurl4-gnutls-dev libxml2-dev libjson-c-dev libpcre2-dev \
	libjwt-gnutls-dev libgnutls28-dev python3 procps
DEMO_PACKAGES := sip-tester
DOC_PACKAGES := xsltproc docbook-xsl docbook-xml w3m
RUN_PACKAGES := kamailio-sqlite-modules rtpengine-daemon $(NODE_PACKAGES)
# another source than Debian may have brought them
NODE_PACKAGES = $(if $(shell command -v npm),,nodejs npm)
BENCH_PACKAGES := valgrind kamailio-sqlite-modules kamailio-postgres-modules \
	libcmocka-dev postgresql libxml2-utils openssl python3-aiosmtpd \
	python3-jsonschema
TEST_PACKAGES := $(DEMO_PACKAGES) $(DOC_PACKAGES) clang clang-format libclang-rt-14-dev \
	libcmocka-dev libxml2-utils python3-pytest python3-pytest-xdist rtpengine-daemon \
	kamailio-sqlite-modules kamailio-postgres-modules postgresql sqlite3 \
	openssl groff-base universal-ctags python3-rnc2rng python3-jsonschema binutils \
	baresip-core libfaketime python3-aiosmtpd chromium $(NODE_PACKAGES)

all: $(BUILD)/e911.so

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make           builds build/e911.so for the installed Kamailio
## make demo      a 911 call on this machine, end to end, told as a story
## make test      everything: lint, layers, unit, fuzz seeds, functional
## make run       all of it with sample data on localhost:8911, until ^C
## make soak      the functional tests at full counts
## make asan      the functional tests with the sanitizers in the module
## make bench     what it costs, each figure beside its floor or a peer
## make bench-readme  quotes the figures of the last run in the README
## make unit      unit tests, with sanitizers and failing allocations
## make func      functional tests on a real Kamailio
## make fuzz      libFuzzer on each parser and on the whole path of a call,
##                TIME=60 seconds each; RUNS=100000000 executions each
## make path      the whole path of a call, from bytes to bytes: its seeds
## make docs      modules/e911/README from the manual
## make layers    checks who may call whom, from the objects
## make lint      warnings of gcc and clang as errors, format, house numbers
## make format    lets clang-format write the format
## make install   puts e911.so into the installed Kamailio's modules folder, the
##                web pages into /usr/share/kamailio/e911, and e911ctl with its
##                manual and completion under PREFIX
## make deb       a Debian package of it for the installed Kamailio, in build/
## make in-tree   builds it inside a copy of TREE=, a Kamailio source
## make clean     removes build/ but for the Kamailio source

# ----- ground: packages and Kamailio's source, only what is missing -----

missing = $(shell for p in $(1); do \
	dpkg-query -W -f '$${Status}\n' $$p 2>/dev/null | grep -q '^install ok' \
		|| echo $$p; done)
apt_install = need="$(call missing,$(1))"; test -z "$$need" || { \
	apt-get update -q && DEBIAN_FRONTEND=noninteractive \
	apt-get install -y -q --no-install-recommends $$need; }

deps:
	@$(call apt_install,$(PACKAGES))
	@$(MAKE) --no-print-directory $(CORE)/config.mak

test-deps: deps
	@$(call apt_install,$(TEST_PACKAGES))

# Debian's source for exactly the installed version, without a change to the
# machine's own apt configuration.
$(BUILD)/kamailio/src/config.mak:
	utils/kamailio-source $(BUILD)
	$(MAKE) -C $(BUILD)/kamailio/src cfg > $(BUILD)/kamailio-cfg.log 2>&1

# ----- the module -----

# Kamailio's build leaves its objects beside the sources: build on a copy.
# $(1) folder, $(2) more arguments
define build_module
	@mkdir -p $(1) && cp -u $(MODULE)/Makefile $(SOURCES) $(HEADERS) $(1)
	@$(MAKE) --no-print-directory -C $(1) COREPATH=$(abspath $(CORE)) \
		SRDB1_DIR=$(SRDB1_DIR) CC_OPT=-O3 Q=1 $(2)
endef
# the second: what is built names no folder of the machine it was built on
WARN := -Wall -Wextra -Werror -Wno-unused-parameter \
	-fmacro-prefix-map=$(abspath $(CORE))/=

$(BUILD)/e911.so: $(SOURCES) $(HEADERS) $(MODULE)/Makefile | $(CORE)/config.mak
	$(call build_module,$(BUILD)/gcc/e911,CC_EXTRA_OPTS="$(WARN)")
	@cp $(BUILD)/gcc/e911/e911.so $@.new && mv $@.new $@

install: $(BUILD)/e911.so install-ctl
	install -D -m 644 $< $(DESTDIR)$(MODULES_DIR)/e911.so
	for page in agent operator; do \
		install -d $(DESTDIR)$(PAGES_DIR)/$$page && install -m 644 \
			utils/$$page-page/* $(DESTDIR)$(PAGES_DIR)/$$page || exit 1; \
	done

PREFIX ?= /usr/local
SHARE := $(DESTDIR)$(PREFIX)/share

install-ctl:
	install -D -m 755 utils/e911ctl $(DESTDIR)$(PREFIX)/bin/e911ctl
	install -d $(SHARE)/e911/e911lib
	install -m 644 utils/e911lib/*.py $(SHARE)/e911/e911lib
	for f in $(wildcard utils/e911_record.py); do \
		install -m 644 $$f $(SHARE)/e911; done
	install -D -m 644 utils/e911ctl.1 $(SHARE)/man/man1/e911ctl.1
	install -D -m 644 utils/e911ctl.bash \
		$(SHARE)/bash-completion/completions/e911ctl

# where it comes from and when: CHANGELOG.md has no version yet
DEB_VERSION ?= 0~$(shell git log -1 --format=%cd --date=format:%Y%m%d.%H%M%S 2>/dev/null \
	|| date +%Y%m%d)

deb: $(BUILD)/e911.so
	@rm -rf $(BUILD)/deb/root
	@$(MAKE) --no-print-directory -s install DESTDIR=$(BUILD)/deb/root PREFIX=/usr
	@utils/deb $(BUILD)/deb/root $(DEB_VERSION)

TREE ?= $(KAMAILIO_SRC)
in-tree: $(CORE)/config.mak
	utils/in-tree $(TREE) $(BUILD)/in-tree

# ----- tests -----

test: test-deps
	@$(MAKE) --no-print-directory lint layers
	@$(MAKE) --no-print-directory -j$$(nproc) -Otarget unit path
	@$(MAKE) --no-print-directory func

include test/unit/unit.mk
include test/fuzz/path/path.mk

# what has allocations fail in a running Kamailio
STARVE := $(BUILD)/starve/starve.so $(BUILD)/starve/hunger.so

$(BUILD)/starve/%.so: test/func/starve/%.c | $(CORE)/config.mak
	@mkdir -p $(@D)
	@$(CC) -shared -fPIC -g -O1 -Wall -Wextra -Werror -Wno-unused-parameter \
		-std=gnu11 -D_GNU_SOURCE -DMOD_NAME='"$*"' -DKSR_PTHREAD_MUTEX_SHARED \
		-isystem $(CORE)/modules/tm \
		$(shell sed -n 's/^C_DEFS *= *//p' $(CORE)/config.mak 2>/dev/null) \
		-o $@ $<

# side by side: they wait more than they reckon
PYTEST_JOBS ?= $(shell nproc)
PYTEST := $(PYTHON) -m pytest -q -n $(PYTEST_JOBS) --dist loadfile

func: $(BUILD)/e911.so softphone $(BUILD)/browser/node_modules $(STARVE)
	cd test/func && E911_SO=$(BUILD)/e911.so $(PYTEST) $(PYTEST_ARGS)

# the module with the sanitizers in it, in a Kamailio without: what is allocated
# by its own allocators they do not see, everything else they do
ASAN := $(BUILD)/asan

$(ASAN)/e911.so: $(SOURCES) $(HEADERS) $(MODULE)/Makefile | $(CORE)/config.mak
	$(call build_module,$(ASAN)/e911,CC_OPT=-O1 CC_EXTRA_OPTS="$(WARN) -g \
		-fno-omit-frame-pointer -fsanitize=address -fsanitize=undefined")
	@cp $(ASAN)/e911/e911.so $@

asan: test-deps $(ASAN)/e911.so softphone $(BUILD)/browser/node_modules $(STARVE)
	cd test/func && E911_SO=$(ASAN)/e911.so KAMAILIO=$(CURDIR)/test/func/asan \
		$(PYTEST) $(PYTEST_ARGS)

soak: test-deps
	@SOAK=1 $(MAKE) --no-print-directory func PYTEST_JOBS=0

# the files of the guide alone, as the module is built
$(BUILD)/bench/msag: test/bench/msag.c $(STUBS) $(SOURCES) $(HEADERS)
	@mkdir -p $(@D)
	@$(CC) $(UNIT_FLAGS) -O3 -o $@ $< test/unit/ksr_stub.c $(call needs,$<) \
		$(UNIT_LIBS)

# a module that times look-ups in a running Kamailio
$(BUILD)/bench/look.so: test/bench/look.c $(HEADERS) | $(CORE)/config.mak
	@mkdir -p $(@D)
	@$(CC) $(UNIT_FLAGS) -UMOD_NAME -DMOD_NAME='"look"' \
		-DKSR_PTHREAD_MUTEX_SHARED -O3 -shared -fPIC -o $@ $<

# plays callers and servers, as fast as it can
$(BUILD)/bench/load: test/bench/load.c
	@mkdir -p $(@D)
	@$(CC) -O2 -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -o $@ $<

# FIGURES="reload": some of them; BENCH_CONTACTS=1000000,
# BENCH_RANGES=1000000 and BENCH_FULL=1: the full size
bench: deps
	@$(call apt_install,$(BENCH_PACKAGES))
	@$(MAKE) --no-print-directory $(BUILD)/e911.so $(BUILD)/bench/msag \
		$(BUILD)/bench/look.so $(BUILD)/bench/load
	@E911_SO=$(BUILD)/e911.so E911_MSAG=$(BUILD)/bench/msag \
		E911_LOOK=$(BUILD)/bench/look.so \
		$(PYTHON) test/bench/bench.py $(FIGURES)

.PHONY: bench-readme
bench-readme:
	@utils/figures

layers: $(BUILD)/e911.so
	@utils/layers $(BUILD)/gcc/e911

lint: $(BUILD)/e911.so
	@$(call build_module,$(BUILD)/clang/e911,CC=clang LD=clang \
		CC_EXTRA_OPTS="$(WARN) -Wno-cast-align -Wno-ignored-optimization-argument")
	@clang-format --dry-run -Werror $(SOURCES) $(HEADERS) \
		$(wildcard test/unit/*.[ch] test/fuzz/*.[ch] test/fuzz/path/*.[ch])
	@utils/ccheck
	@utils/figures check
	@utils/readme $(MODULE) $(CORE)/../doc/docbook check

docs: $(CORE)/config.mak
	@$(call apt_install,$(DOC_PACKAGES))
	@utils/readme $(MODULE) $(CORE)/../doc/docbook

format:
	clang-format -i $(SOURCES) $(HEADERS) \
		$(wildcard test/unit/*.[ch] test/fuzz/*.[ch] test/fuzz/path/*.[ch])

demo: deps
	@$(call apt_install,$(DEMO_PACKAGES))
	@$(MAKE) --no-print-directory $(BUILD)/e911.so
	@utils/demo/demo

run: deps
	@$(call apt_install,$(RUN_PACKAGES))
	@$(MAKE) --no-print-directory $(BUILD)/e911.so
	-@$(MAKE) --no-print-directory softphone
	@utils/demo/run

# ----- what comes from npm, each in the version that is named -----

define npm_install
@mkdir -p $(@D) && cp $< $(@D)
@cd $(@D) && npm install --no-package-lock --no-audit --no-fund --ignore-scripts
@touch $@
endef

SOFTPHONE := $(BUILD)/softphone

softphone: $(SOFTPHONE)/www/phone.js

$(SOFTPHONE)/node_modules: utils/softphone/package.json
	$(npm_install)

# what drives Debian's Chromium
$(BUILD)/browser/node_modules: test/browser/package.json
	$(npm_install)

$(SOFTPHONE)/www/phone.js: $(wildcard utils/softphone/*) $(SOFTPHONE)/node_modules
	@mkdir -p $(@D) && cp utils/softphone/*.html utils/softphone/*.css $(@D)
	@NODE_PATH=$(SOFTPHONE)/node_modules $(SOFTPHONE)/node_modules/.bin/esbuild \
		utils/softphone/phone.js --bundle --format=iife --minify \
		--define:global=window --log-level=warning --outfile=$@

clean:
	find $(BUILD) -mindepth 1 -maxdepth 1 ! -name 'kamailio*' -exec rm -rf {} +
