# SPDX-License-Identifier: Apache-2.0
# stigwatch: one Makefile. Output goes to build/ (O=DIR for another place).
#   make deps | all | demo | check | check-fast | bench | fuzz-smoke | lint | fmt | install | clean
#   install OSCAP=0: not also under the names oscap, oscap-docker and oscap-podman, in place of OpenSCAP's
#   V=1 shows commands, DEV=1 makes warnings errors, SAN=address,undefined builds with sanitizers

VERSION := 0.1.0
O ?= build
PREFIX ?= /usr/local
DESTDIR ?=
CC ?= cc
CLANG ?= clang
BPFTOOL ?= $(firstword $(shell command -v bpftool) $(wildcard /usr/sbin/bpftool))
PKG_CONFIG ?= pkg-config
ARCH_BPF := $(shell uname -m | sed -e s/x86_64/x86/ -e s/aarch64/arm64/)

ifneq ($(V),1)
Q := @
say = @printf '  %-7s %s\n' $(1) $(2)
endif

LIBS_PC := libbpf libelf zlib libxml-2.0 json-c libpcre2-8 libarchive nettle libcurl yaml-0.1 libcap-ng
CFLAGS ?= -O2 -g
CFLAGS_ALL = -std=gnu17 -D_GNU_SOURCE -DSW_VERSION='"$(VERSION)"' -Wall -Wextra -Wmissing-prototypes \
	-Wstrict-prototypes -Wold-style-definition -Wshadow -Wundef -Wformat=2 -Wvla -Wno-unused-parameter \
	-fno-strict-aliasing -fno-common -fstack-protector-strong -fPIE $(shell $(PKG_CONFIG) --cflags $(LIBS_PC) 2>/dev/null)
LDFLAGS_ALL = -pie -Wl,-z,relro,-z,now,--as-needed $(LDFLAGS)
LDLIBS = $(shell $(PKG_CONFIG) --libs $(LIBS_PC) 2>/dev/null) -lpthread -lm
ifeq ($(DEV),1)
CFLAGS_ALL += -Werror
endif
ifneq ($(SAN),)
CFLAGS_ALL += -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=undefined
LDFLAGS_ALL += -fsanitize=$(SAN)
O := $(O)-san
endif

INC_ENGINE = -Iengine/include -Iengine
INC_USER = -Iengine/include -Iuserspace -Ibpf -I$(O)/gen

ENGINE_SRC := $(shell find engine -name '*.c')
USER_SRC := $(shell find userspace -name '*.c' ! -path userspace/cli/main.c ! -path userspace/service/canary/image.c)
USER_ASM := $(shell find userspace -name '*.S')
ENGINE_OBJ := $(ENGINE_SRC:%.c=$(O)/%.o)
USER_OBJ := $(USER_SRC:%.c=$(O)/%.o) $(USER_ASM:%.S=$(O)/%.o)
BPF_SRC := $(wildcard bpf/sensors/*.bpf.c)
BPF_OBJ := $(BPF_SRC:%.bpf.c=$(O)/%.bpf.o)
SKEL := $(O)/gen/stigwatch.skel.h
CONTENT := $(wildcard content/*.xml)

UNIT_SRC := $(shell find tests/unit -name 'test_*.c')
UNIT_BIN := $(UNIT_SRC:%.c=$(O)/%)
ACTOR_SRC := $(wildcard tests/actors/*.c)
ACTOR_BIN := $(ACTOR_SRC:tests/actors/%.c=$(O)/actors/%)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_BIN := $(FUZZ_SRC:%.c=$(O)/%)

.PHONY: all deps demo check check-fast bench bench-icount fuzz-smoke lint fmt install clean actors tests
.DELETE_ON_ERROR:
# deps first: the build asks pkg-config, so targets that install re-enter make once the packages are there
all: $(O)/stigwatch

deps:
	$(Q)sh tests/deps.sh

$(O)/stigwatch: $(O)/userspace/cli/main.o $(O)/libuser.a $(O)/libengine.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(CFLAGS) $(LDFLAGS_ALL) -o $@ $< -Wl,--start-group $(O)/libuser.a $(O)/libengine.a -Wl,--end-group $(LDLIBS)

$(O)/libengine.a: $(ENGINE_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^
$(O)/libuser.a: $(USER_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(O)/engine/%.o: engine/%.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS_ALL) $(CFLAGS) $(INC_ENGINE) -MMD -MP -c -o $@ $<
$(O)/userspace/%.o: userspace/%.c Makefile | $(SKEL)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS_ALL) $(CFLAGS) $(INC_USER) -MMD -MP -c -o $@ $<
$(O)/userspace/%.o: userspace/%.S $(CONTENT) Makefile
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D) && $(CC) -Icontent -I$(O)/gen -c -o $@ $<
# the canary's program: no C library, and small, since it is executed once an epoch
$(O)/userspace/service/canary/embedded.o: $(O)/gen/canary
$(O)/gen/canary: userspace/service/canary/image.c Makefile
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu17 -D_GNU_SOURCE -O2 -Wall -Wextra -ffreestanding -fno-stack-protector -fno-pie \
		-static -no-pie -nostdlib -nostartfiles -s -Wl,--build-id=none -Wl,-z,noseparate-code -o $@ $<

# BPF: CO-RE objects, one per sensor, linked into one object and embedded as a skeleton
$(O)/bpf/%.bpf.o: bpf/%.bpf.c Makefile
	$(call say,CLANG,$<)
	$(Q)mkdir -p $(@D) && $(CLANG) -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_$(ARCH_BPF) -Wall -Wno-missing-declarations \
		-Ibpf -Ibpf/kernel -MMD -MP -c -o $@ $<
$(O)/bpf/stigwatch.bpf.o: $(BPF_OBJ)
	$(call say,BPFLINK,$@)
	$(Q)$(BPFTOOL) gen object $@ $^
$(SKEL): $(O)/bpf/stigwatch.bpf.o
	$(call say,SKEL,$@)
	$(Q)mkdir -p $(@D) && $(BPFTOOL) gen skeleton $< name stigwatch_bpf > $@.tmp && mv $@.tmp $@

# tests
$(O)/tests/unit/%: tests/unit/%.c $(O)/libuser.a $(O)/libengine.a
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS_ALL) -Wno-missing-prototypes $(CFLAGS) $(INC_ENGINE) $(INC_USER) -Itests -MMD -MP $(LDFLAGS_ALL) \
		-o $@ $< -Wl,--start-group $(O)/libuser.a $(O)/libengine.a -Wl,--end-group $(LDLIBS) -lcmocka
$(O)/actors/%: tests/actors/%.c $(wildcard tests/actors/*.h) Makefile
	$(call say,ACTOR,$@)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu17 -D_GNU_SOURCE -O2 -Wall -Wextra -static $(ACTOR_FLAGS_$*) -o $@ $<
ACTOR_FLAGS_tiny = -nostdlib -nostartfiles
FUZZ_CC = $(CLANG) -std=gnu17 -D_GNU_SOURCE -DSW_VERSION='"fuzz"' -g -O1 -fno-sanitize-recover=undefined \
	$(shell $(PKG_CONFIG) --cflags $(LIBS_PC) 2>/dev/null)
FUZZ_OBJ := $(ENGINE_SRC:%.c=$(O)/fuzzobj/%.o) $(USER_SRC:%.c=$(O)/fuzzobj/%.o)
$(O)/fuzzobj/engine/%.o: engine/%.c Makefile
	$(Q)mkdir -p $(@D) && $(FUZZ_CC) -fsanitize=fuzzer-no-link,address,undefined $(INC_ENGINE) -MMD -MP -c -o $@ $<
$(O)/fuzzobj/userspace/%.o: userspace/%.c Makefile | $(SKEL)
	$(Q)mkdir -p $(@D) && $(FUZZ_CC) -fsanitize=fuzzer-no-link,address,undefined $(INC_USER) -MMD -MP -c -o $@ $<
$(O)/libfuzz.a: $(FUZZ_OBJ) $(USER_ASM:%.S=$(O)/%.o)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^
$(O)/tests/fuzz/%: tests/fuzz/%.c $(O)/libfuzz.a
	$(call say,FUZZ,$@)
	$(Q)mkdir -p $(@D) && $(FUZZ_CC) -fsanitize=fuzzer,address,undefined $(INC_ENGINE) $(INC_USER) -o $@ $< $(O)/libfuzz.a $(LDLIBS)
actors: $(ACTOR_BIN)
tests: $(UNIT_BIN) actors

demo: deps
	$(Q)$(MAKE) --no-print-directory all actors
	$(Q)bash tests/e2e/demo.sh $(O)
check: deps
	$(Q)$(MAKE) --no-print-directory all tests
	$(Q)python3 tests/run.py --build $(O) --all
check-fast:
	$(Q)$(MAKE) --no-print-directory all tests
	$(Q)python3 tests/run.py --build $(O) --fast
bench:
	$(Q)sh tests/deps.sh bench
	$(Q)$(MAKE) --no-print-directory all actors
	$(Q)python3 tests/bench/run.py --build $(O)
bench-icount: deps
	$(Q)$(MAKE) --no-print-directory all actors
	$(Q)python3 tests/bench/icount.py --build $(O)
fuzz-smoke: $(FUZZ_BIN)
	$(Q)bash tests/fuzz/smoke.sh $(O)
lint:
	$(Q)bash tests/lint/lint.sh
fmt:
	$(Q)git ls-files '*.c' '*.h' ':!bpf/kernel/vmlinux.h' | xargs clang-format -i

install: all
	install -Dm755 $(O)/stigwatch $(DESTDIR)$(PREFIX)/bin/stigwatch
ifneq ($(OSCAP),0)
	for n in oscap oscap-docker oscap-podman; do ln -sf stigwatch $(DESTDIR)$(PREFIX)/bin/$$n; done
endif
	for p in userspace/man/*.8; do install -Dm644 $$p $(DESTDIR)$(PREFIX)/share/man/man8/$$(basename $$p); done
	for f in content/*.xml; do install -Dm644 $$f $(DESTDIR)$(PREFIX)/share/stigwatch/$$(basename $$f); done
clean:
	rm -rf $(O) $(O)-san

-include $(shell find $(O) -type f -name '*.d' 2>/dev/null)
