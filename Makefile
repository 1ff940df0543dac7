# The everyday words. Each does the whole set-up it needs and says what it installs.
#
#   make            build                       make fuzz       fuzz for longer (FUZZ_SECONDS=600 for each target)
#   make demo       watch the main job          make fmt        format the sources
#   make check      run every test              make lint       clang-format, clang-tidy, cppcheck, layers
#   make check-long what needs hours            make mutate     are there tests that cannot fail? (MUTATE="--count 50")
#   make bench      measure                     make install    PREFIX=/usr/local DESTDIR=
#   make crash      kill and compare (ROUNDS=)  make clean
#   make simulate   whole worlds in one process, from seeds (SEEDS=100000 FROM=1; SIMULATE=--help; or YEARS=100)
#   make fresh      what README.md says, on a bare Debian 12 (as root; FRESH="--skip-check" and other options)

PREFIX ?= /usr/local
DESTDIR ?=
MESON := $(firstword $(wildcard /usr/bin/meson) meson)
PYTHON := $(firstword $(wildcard /usr/bin/python3) python3)
FUZZ_SECONDS ?= 600
ROUNDS ?= 2000
SEEDS ?= 10000
FROM ?= 1
SIMULATE ?=
YEARS ?=
SERVE ?=
FRESH ?=
MUTATE ?=

.PHONY: all build demo check check-long mutate bench bench-growth crash simulate fresh fuzz fmt lint install clean

all: build

build:
	@scripts/setup build
	@scripts/configure build/release
	@ninja -C build/release

demo: build
	@$(PYTHON) scripts/demo build/release $(if $(SERVE),--serve)

check:
	@scripts/setup check
	@$(PYTHON) scripts/check

check-long:
	@scripts/setup check
	@$(PYTHON) scripts/check --long

mutate:
	@scripts/setup check
	@$(PYTHON) scripts/mutate $(MUTATE)

bench: build
	@scripts/setup bench
	@$(PYTHON) bench/run build/release

bench-growth: build
	@scripts/setup bench
	@$(PYTHON) bench/run build/release --growth

crash: build
	@scripts/setup check
	@$(PYTHON) tests/crash/run build/release --rounds $(ROUNDS)

simulate: build
	@build/release/tests/simulate/simulate $(if $(YEARS),--year --seeds $(YEARS),--seeds $(SEEDS)) --from $(FROM) $(SIMULATE)

fresh:
	@scripts/setup fresh
	@$(PYTHON) scripts/fresh $(FRESH)

fuzz:
	@scripts/setup check
	@$(PYTHON) scripts/check --only fuzz --fuzz-seconds $(FUZZ_SECONDS)

fmt:
	@scripts/setup check
	@git ls-files -z '*.c' '*.h' | xargs -0 clang-format -i

lint:
	@scripts/setup check
	@$(PYTHON) scripts/check --long --only lint

install: build
	@$(MESON) configure build/release -Dprefix=$(PREFIX)
	@DESTDIR="$(DESTDIR)" $(MESON) install -C build/release
# ld.so finds a new library by its cache, which only root can write; a package's is written where it is installed.
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ]; then PATH="$$PATH:/usr/sbin:/sbin" ldconfig; fi

clean:
	rm -rf build
