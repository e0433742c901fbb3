#!/usr/bin/env bash
# Every check of this house, by name. People and CI call this one script, so that both see the same.
# shellcheck disable=SC2317 # the checks are called through their names
set -u -o pipefail

readonly DEFAULT="fmt lint layers doc deny test"
readonly CARGO_DENY=0.20.2 # the version that deny.toml was written for

usage() {
  cat <<'END'
usage: ./check.sh [NAME]...

Without a name: fmt lint layers doc deny test. Every check named is run, then any failure fails the whole.

  fmt      the code is formatted as rustfmt.toml says
  lint     clippy without a warning, for every set of features; the shell scripts too
  layers   imports run one way, unsafe stays in its rooms, no file grows past 800 lines, no comment past 120 columns
  doc      the documentation builds without a warning, as docs.rs builds it too, and no link in it is dead
  deny     what we depend on: licences, banned and doubled crates, sources (needs cargo-deny)
  test     every test that needs no special rights; a test without its tool is skipped and named; one that leaves a
           file behind, in the checkout or among the temporary ones, fails the check

By name only:

  setup    install what the other checks would like (Debian packages, cargo-deny, the oldest Rusts, other targets);
           asks for root through sudo
  python   the Python door, for every CPython found: its own tests, CPython's suites with C's module and with ours, and
           programs that use packages from PyPI; `test` holds a short form of it, for the first CPython, and with
           BERKELEY_CI=1 for each minor version, and once more with PYTHONMALLOC=debug
  bench    compare with other programs and with raw calls, side by side, and hold the limits of bench/README.md
  fuzz     run every fuzz target, or those that FUZZ_TARGETS names, for FUZZ_SECONDS seconds, 60 unless set, or
           FUZZ_RUNS times; FUZZ_SANITIZER=none is several times faster, and so is FUZZ_COMPARES=none, which does not
           learn from comparisons (needs nightly and cargo-fuzz)
  lab      tests inside network namespaces of their own: the networks of crates/sock/tests/lab/scenarios, in which ping,
           fping, traceroute and mtr have to find the truth too; skipped and named without root or user namespaces
  soak     256 MiB between the command and each other tool, in every direction; `test` sends 32 MiB
  miri     the library's tests of addresses, control messages, options, the ring's blocks and batches in an interpreter
           that finds undefined behaviour (needs nightly, miri and rust-src)
  asan     the library's tests over sockets with AddressSanitizer (needs nightly)
  quantum  the command with its feature post-quantum: clippy, and the tests of TLS (compiles C for minutes; needs cmake)
  msrv     each crate builds with the rust-version that it states (needs rustup and those toolchains)
  families the library's tests of addresses, messages and transfers in User-Mode Linux, whose kernel has the families
           that few have: ALG, CAN, DCCP, RDS, SCTP, TIPC, vsock; and CPython's test_socket of these, with C's module
           and with ours (needs Debian's user-mode-linux and kmod, and what python needs)
  builds   the library, the command and the Python door compile for every target of docs/platforms.md
  musl     the tests of the library and of the command on musl, but for those of the documentation
  targets  those tests on every target, native or under qemu-user, and the static command in an empty root; ends with
           a table; TARGETS names some: TARGETS="s390x-unknown-linux-gnu static"
END
}

# One line on standard error, then failure.
fail() {
  echo "check.sh: $1" >&2
  return 1
}

have() { command -v "$1" >/dev/null 2>&1; }

check_fmt() {
  cargo fmt --all --check
  cargo fmt --check --manifest-path bench/calls/Cargo.toml
}

check_lint() {
  # All features but `post-quantum`, which compiles C for minutes; it is a check of its own.
  cargo clippy --all-targets --features berkeley/tokio,berkeley/tracing,berkeley/fault --locked -- -D warnings
  cargo clippy -p berkeley-tests --all-targets --locked -- -D warnings
  for_python lint cargo clippy -p berkeley-python --all-targets --locked -- -D warnings
  # Alone, as a user would build it: a missing `cfg` shows only when a feature is off.
  local features
  for features in "" tokio tracing fault; do
    echo "lint: berkeley with features [$features]"
    cargo clippy --locked -p berkeley --lib --no-default-features --features "$features" -- -D warnings
  done
  # Outside the workspace, and built by nobody else: a change of the library must not leave it behind.
  cargo clippy --all-targets --locked --manifest-path bench/calls/Cargo.toml -- -D warnings
  lint_scripts
}

lint_scripts() {
  local script scripts=()
  for script in check.sh .ci/run .cargo/run bench/*/run crates/berkeley/tests/families/* \
    crates/berkeley/tests/targets/*; do
    [[ -f $script ]] || continue
    if head -n 1 "$script" | grep -qE '^#!.*(bash|/sh)$'; then scripts+=("$script"); fi
  done
  for script in "${scripts[@]}"; do bash -n "$script"; done
  if have shellcheck; then
    shellcheck "${scripts[@]}"
  else
    echo "lint: shellcheck is not installed, the scripts were only parsed (./check.sh setup installs it)"
  fi
}

check_layers() {
  cargo test --locked -p berkeley --test layers
}

check_doc() {
  # As docs.rs builds it, with the marks of what needs a feature; there a nightly compiler does.
  RUSTC_BOOTSTRAP=1 RUSTDOCFLAGS="-D warnings --cfg docsrs" \
    cargo doc --no-deps --all-features --locked -p berkeley -p berkeley-packet
  # The command has no public items: what its readers read is the private rooms, which link to one another.
  RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" \
    cargo doc --no-deps --locked -p sock --document-private-items
  RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" \
    for_python doc cargo rustdoc --locked -p berkeley-python --lib -- --document-private-items
  if have python3; then
    python3 -B crates/berkeley/tests/links.py "${CARGO_TARGET_DIR:-target}/doc"
  else
    echo "doc: python3 is not installed, the links were not followed (./check.sh setup installs it)"
  fi
}

check_deny() {
  cargo deny --version >/dev/null 2>&1 || fail "deny: cargo-deny is missing; ./check.sh setup installs it"
  # Advisories are left out: their list is fetched anew each time, so the same commit could pass and fail.
  cargo deny --locked --all-features check bans licenses sources
}

check_test() {
  with_skips leaving_nothing all_tests
}

# All are run, whatever one says: one round shows every fault.
all_tests() {
  local status=0
  # With the feature that some examples ask for, so that they are built by the same call, and once.
  BERKELEY_EXAMPLES=built limited cargo test --locked --no-fail-fast --features berkeley/tokio || status=$?
  # Once more as a program has the library that asks for no feature of it.
  limited cargo test --locked --no-fail-fast -p berkeley-tests || status=$?
  # Outside the workspace: that the benches count right.
  limited cargo test --lib --locked --manifest-path bench/calls/Cargo.toml || status=$?
  # Continuous integration has every CPython to watch; people wait for one.
  if [[ ${BERKELEY_CI:-} == 1 ]]; then
    python_tests --short --every || status=$?
  else
    python_tests --short || status=$?
  fi
  return "$status"
}

check_python() {
  with_skips leaving_nothing python_tests
}

python_tests() {
  local python
  if ! python=$(find_python); then without_python check; return; fi
  # -B: what is imported leaves nothing in the checkout.
  "$python" -B crates/berkeley-python/tests/check.py "$@"
}

# Runs "${@:2}" with the interpreter that the Python door is then built for; $1 is the check's name.
for_python() {
  local python
  if ! python=$(find_python); then without_python "$1"; return; fi
  PYO3_PYTHON=$python "${@:2}"
}

# Debian's own interpreter, else the one on PATH.
find_python() {
  local program
  for program in /usr/bin/python3 python3; do
    if "$program" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$program"
      return
    fi
  done
  return 1
}

# Continuous integration has installed it, or has failed.
without_python() {
  if [[ ${BERKELEY_CI:-} == 1 ]]; then
    fail "python: no python3 is 3.11 or newer; ./check.sh setup installs Debian's"
    return
  fi
  echo "skipped: python::$1: needs python3, 3.11 or newer" | tee -a "${BERKELEY_SKIPS:-/dev/null}"
}

check_lab() {
  with_skips leaving_nothing limited cargo test --locked -p sock --test lab
}

check_soak() {
  BERKELEY_BULK_MIB=256 with_skips leaving_nothing limited cargo test --locked -p sock --test it -- interop::stream::bulk
}

# Runs "$@", which may be a function; fails where it leaves files in the checkout or among the temporary ones.
leaving_nothing() {
  local status=0 before after temporary
  before=$(uncommitted)
  temporary=$(mktemp -d)
  TMPDIR=$temporary "$@" || status=$?
  after=$(uncommitted)
  if [[ $after != "$before" ]]; then
    echo "left in the checkout:"
    comm -13 <(echo "$before") <(echo "$after")
    status=1
  fi
  if [[ -n $(ls -A "$temporary") ]]; then
    echo "left among the temporary files:"
    ls -lA "$temporary"
    status=1
  fi
  rm -rf "$temporary"
  return "$status"
}

# The files that no commit knows, ignored ones too, but for the folders that are there for them. An edit of a file that
# is known is not counted: people edit while the tests run.
uncommitted() {
  git status --porcelain --ignored --untracked-files=all |
    sed -nE '\#^!! "?(target|fuzz/(target|artifacts|coverage)|bench/[^/]+/(target|build))/#d; /^(\?\?|!!) /p' | sort
}

# Runs a program for an hour at most, which is many times what it needs: the tests have their own limits, what builds
# them has none.
limited() {
  local foreground=()
  # Without it, Ctrl-C would not reach what runs in a terminal.
  if [[ -t 0 ]]; then foreground=(--foreground); fi
  timeout "${foreground[@]}" --kill-after=10 3600 "$@"
}

# Runs "$@", then shows the tests that were skipped: cargo hides what a passing test prints.
with_skips() {
  local status=0
  BERKELEY_SKIPS=$(mktemp)
  export BERKELEY_SKIPS
  "$@" || status=$?
  if [[ -s $BERKELEY_SKIPS ]]; then
    echo
    sort -u "$BERKELEY_SKIPS"
  fi
  rm -f "$BERKELEY_SKIPS"
  return "$status"
}

check_setup() {
  setup_packages
  setup_families
  setup_python
  setup_components
  setup_toolchains
  setup_targets
  if ! cargo deny --version >/dev/null 2>&1; then
    cargo install --locked cargo-deny --version "$CARGO_DENY"
  fi
}

# A row: the program that must be there, and the Debian packages that bring it.
setup_rows() {
  cat <<'END'
ncat        ncat
socat       socat
nc.openbsd  netcat-openbsd
microsocks  microsocks
tinyproxy   tinyproxy-bin
danted      dante-server
haproxy     haproxy
stunnel4    stunnel4
curl        curl
python3     python3
openssl     openssl
gnutls-cli  gnutls-bin
strace      strace
ip          iproute2
nft         nftables
ping        iputils-ping
fping       fping
traceroute  traceroute
mtr         mtr-tiny
unshare     util-linux
man         man-db
zsh         zsh
fish        fish
gcc         gcc libc6-dev
tcpdump     tcpdump
tshark      tshark
shellcheck  shellcheck
redis-server  redis-server redis-tools
nginx       nginx-light
psql        postgresql
END
}

setup_packages() {
  local program packages missing=()
  while read -r program packages; do
    # Unquoted on purpose: one row may bring several packages. `ip` may stand outside a user's PATH.
    # shellcheck disable=SC2206
    PATH="$PATH:/usr/sbin:/sbin" have "$program" || missing+=($packages)
  done < <(setup_rows)
  install_packages "${missing[@]}"
}

# For families. Not every Debian and Ubuntu, nor every processor, has the first package.
setup_families() {
  if have linux.uml && PATH="$PATH:/usr/sbin:/sbin" have modprobe; then return; fi
  if apt-cache show user-mode-linux >/dev/null 2>&1; then
    install_packages user-mode-linux kmod
  else
    echo "setup: there is no package user-mode-linux here, families cannot run"
  fi
}

# What Debian's python3 leaves out; a row: a module, and the package that brings it.
setup_python() {
  [[ -x /usr/bin/python3 ]] || return 0
  local version module package missing=()
  version=$(/usr/bin/python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  while read -r module package; do
    /usr/bin/python3 -c "import $module" >/dev/null 2>&1 || missing+=("$package")
  done <<END
ensurepip python3-venv
test.test_socket libpython$version-testsuite
END
  install_packages "${missing[@]}"
}

install_packages() {
  if [[ $# -eq 0 ]]; then
    echo "setup: every package is here"
    return
  fi
  have apt-get || fail "setup: knows only Debian's apt-get; install what brings these: $*"
  local root=()
  if [[ $(id -u) -ne 0 ]]; then root=(sudo); fi
  echo "setup: installing $*"
  "${root[@]}" apt-get update
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "$@"
}

# rustup's minimal profile leaves these two out.
setup_components() {
  if have rustup && ! { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1; then
    rustup component add rustfmt clippy
  fi
}

# The oldest compilers that the crates state, for msrv.
setup_toolchains() {
  have rustup || return 0
  local crate version
  for crate in berkeley berkeley-packet sock berkeley-python; do
    version=$(oldest_rust "$crate")
    has_rust "$version" || rustup toolchain install "$version" --profile minimal ||
      echo "setup: Rust $version cannot be had here, msrv will skip $crate"
  done
}

# For builds, musl and targets: each target's std, its C compiler, which ring asks for even where it is only checked, and
# the emulator. Continuous integration runs nothing under the emulator, and does not install it.
setup_targets() {
  local target package packages missing=()
  while read -r target packages; do
    if have rustup && ! has_target "$target"; then
      rustup target add "$target" || echo "setup: the std of $target cannot be had here, it cannot be run or checked"
    fi
    for package in $packages; do
      if [[ $package == - ]] || installed "$package"; then continue; fi
      if apt-cache show "$package" >/dev/null 2>&1; then
        missing+=("$package")
      else
        echo "setup: there is no package $package here, $target cannot run"
      fi
    done
  done < <(target_rows)
  if [[ ${BERKELEY_CI:-} != 1 ]] && ! have qemu-s390x-static; then missing+=(qemu-user-static); fi
  install_packages "${missing[@]}"
}

installed() { dpkg-query --show --showformat='${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

oldest_rust() { sed -n 's/^rust-version = "\(.*\)"$/\1/p' "crates/$1/Cargo.toml"; }

has_rust() { cargo "+$1" --version >/dev/null 2>&1; }

check_bench() {
  local bench sources failed=0
  # All are run, whatever one says: one round shows every limit that is passed.
  for bench in startup idle echo files relay capture ping; do
    echo "bench: $bench"
    "bench/$bench/run" --check || failed=1
  done
  echo "bench: relay, stalled readers"
  bench/relay/stall --check || failed=1
  for sources in 1 50; do
    echo "bench: echo, datagrams of $sources"
    bench/echo/run --check --udp --sources "$sources" || failed=1
  done
  echo "bench: python"
  for_python bench python3 bench/python.py --check || failed=1
  echo "bench: capture, in Python"
  for_python bench python3 bench/capture/python.py --check || failed=1
  echo "bench: calls"
  # Each goes on where another has failed, and the names of those that did stand at the end.
  cargo bench --locked --no-fail-fast -- --check || failed=1
  return "$failed"
}

check_fuzz() {
  [[ -d fuzz ]] || fail "fuzz: there is no fuzz folder"
  cargo +nightly fuzz --version >/dev/null 2>&1 ||
    fail "fuzz: needs both: rustup toolchain install nightly; cargo install --locked cargo-fuzz"
  local targets target
  targets=${FUZZ_TARGETS:-$(cargo +nightly fuzz list)}
  [[ -n $targets ]] || fail "fuzz: there is no target"
  for target in $targets; do run_fuzz_target "$target"; done
}

run_fuzz_target() {
  local target=$1 limit="-max_total_time=${FUZZ_SECONDS:-60}" found="fuzz/target/corpus/$1" flags=()
  if [[ -n ${FUZZ_RUNS:-} ]]; then limit="-runs=$FUZZ_RUNS"; fi
  if [[ ${FUZZ_COMPARES:-} == none ]]; then flags=(--no-trace-compares); fi
  echo "fuzz: $target, $limit"
  # What is found goes into the first folder: the second holds what is worth keeping, and is chosen by hand.
  mkdir -p "$found"
  # Overflow checks and debug assertions are on, whatever the sanitizer: most decoders hold no unsafe code, in which it
  # finds nothing. An input that takes long, or asks for much memory, is a finding.
  cargo +nightly fuzz run --sanitizer "${FUZZ_SANITIZER:-address}" "${flags[@]}" "$target" \
    "$found" "fuzz/corpus/$target" -- \
    "$limit" -max_len="$(fuzz_length "$target")" -timeout=5 -malloc_limit_mb=64
}

# The longest input, in bytes. Some targets try each input in many ways, and reach few runs with longer ones. Of the
# structures that options hold, the longest is SCTP's status, 176 bytes; TCP_INFO has a target of its own. A packet is
# no longer than a frame of Ethernet: what is shown of it is many times as long.
fuzz_length() {
  case $1 in
    option_parse) echo 48 ;;
    endpoint) echo 96 ;;
    option_value) echo 192 ;;
    filter_text | craft_text) echo 384 ;;
    packet | craft_round_trip) echo 1536 ;;
    *) echo 4096 ;;
  esac
}

# The rooms without system calls, which miri has few of. A test there that makes one is marked
# `#[cfg_attr(miri, ignore = "a system call")]`.
readonly MIRI_ROOMS="address:: batch:: control:: kinds:: option:: ring::"

check_miri() {
  local target
  cargo +nightly miri --version >/dev/null 2>&1 ||
    fail "miri: needs: rustup toolchain install nightly --component miri,rust-src"
  target=$(realpath -m "${CARGO_TARGET_DIR:-target}")/miri
  # From a folder without the runner of .cargo/config.toml: miri brings its own. The files that proptest looks for are
  # no reason to fail, and of its cases a few have to do: each takes a thousand times as long.
  # shellcheck disable=SC2086 # a word for each room
  (
    checkout=$PWD
    cd /
    CARGO_TARGET_DIR=$target PROPTEST_CASES=8 MIRIFLAGS="-Zmiri-disable-isolation ${MIRIFLAGS:-}" \
      limited cargo +nightly miri test --locked --manifest-path "$checkout/Cargo.toml" -p berkeley --lib -- $MIRI_ROOMS
  )
}

check_asan() {
  local host
  cargo +nightly --version >/dev/null 2>&1 || fail "asan: needs: rustup toolchain install nightly"
  host=$(rustc +nightly -vV | sed -n 's/^host: //p')
  # More memory than there is is to be refused, not to end the process; what tests leak on purpose is no fault. Left out
  # by name: programs that are built without the sanitizer, and a child process that needs more than its 30 s with it.
  # With --target: what runs while building, such as a build script, goes without the sanitizer.
  ASAN_OPTIONS="allocator_may_return_null=1:detect_leaks=0" BERKELEY_TEST_SECONDS=900 PROPTEST_CASES=16 \
    RUSTFLAGS="-Zsanitizer=address ${RUSTFLAGS:-}" CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/asan" \
    limited cargo +nightly test --locked -p berkeley --all-features --target "$host" --test it -- \
    --skip examples:: --skip fault::everywhere::no_operation_leaks_whichever_of_its_calls_fails
}

check_families() {
  crates/berkeley/tests/families/run
}

# Every target, TARGETS unless it is empty; `static` is the command in an empty root.
check_targets() {
  # shellcheck disable=SC2086 # split into words on purpose
  with_skips leaving_nothing crates/berkeley/tests/targets/run ${TARGETS:-}
}

check_musl() {
  with_skips leaving_nothing musl_tests
}

musl_tests() {
  local status=0 words=(--locked --target x86_64-unknown-linux-musl -p berkeley -p berkeley-packet -p sock --features berkeley/tokio)
  export CARGO_PROFILE_DEV_DEBUG=line-tables-only CARGO_INCREMENTAL=0
  # The tests of the examples start them.
  limited cargo build "${words[@]}" --examples || status=$?
  BERKELEY_EXAMPLES=built limited cargo test "${words[@]}" --no-fail-fast --lib --bins --test it --test alloc || status=$?
  return "$status"
}

# A row: a target, and the Debian package with its C compiler, or `-`.
target_rows() {
  cat <<'END'
x86_64-unknown-linux-musl      musl-tools
aarch64-unknown-linux-gnu      gcc-aarch64-linux-gnu libc6-dev-arm64-cross
aarch64-unknown-linux-musl     gcc-aarch64-linux-gnu
armv7-unknown-linux-gnueabihf  gcc-arm-linux-gnueabihf libc6-dev-armhf-cross
i686-unknown-linux-gnu         gcc-i686-linux-gnu libc6-dev-i386-cross
s390x-unknown-linux-gnu        gcc-s390x-linux-gnu libc6-dev-s390x-cross
END
}

check_builds() {
  local target _ version targets=()
  version=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || version=3.11
  while read -r target _; do
    if has_target "$target"; then
      targets+=(--target "$target")
      continue
    fi
    [[ ${BERKELEY_CI:-} == 1 ]] || fail "builds: needs: rustup target add $target"
    echo "skipped: builds for $target: its std cannot be had here"
  done < <(target_rows)
  [[ ${#targets[@]} -eq 0 ]] && return
  # One call for all: what runs while building is built once, and no processor waits for the end of another target. No
  # interpreter of that processor is asked: its version says enough. ring has C, for which musl's own compiler is
  # packaged nowhere: the one for glibc compiles it too.
  CC_aarch64_unknown_linux_musl=${CC_aarch64_unknown_linux_musl:-aarch64-linux-gnu-gcc} \
  PYO3_CROSS=1 PYO3_CROSS_PYTHON_VERSION=$version cargo check --locked --keep-going "${targets[@]}" \
    -p berkeley -p berkeley-packet -p sock -p berkeley-python --features berkeley/tracing
}

has_target() { [[ -d $(rustc --print target-libdir --target "$1" 2>/dev/null) ]]; }

check_quantum() {
  cargo clippy --all-targets --locked -p sock --features post-quantum -- -D warnings
  cargo test --locked -p sock --features post-quantum --lib tls::
  cargo test --locked -p sock --features post-quantum --test it -- tls:: inspect:: help::
}

check_msrv() {
  local crate version command
  for crate in berkeley berkeley-packet sock berkeley-python; do
    version=$(oldest_rust "$crate")
    [[ -n $version ]] || fail "msrv: crates/$crate/Cargo.toml states no rust-version"
    if ! has_rust "$version"; then
      # Continuous integration has tried to install it: where it cannot be had, that is no fault of the source.
      [[ ${BERKELEY_CI:-} == 1 ]] ||
        fail "msrv: $crate needs: rustup toolchain install $version --profile minimal"
      echo "skipped: msrv of $crate: Rust $version cannot be had here"
      continue
    fi
    echo "msrv: $crate with Rust $version"
    # A folder of its own: two compilers in one would build everything anew at each turn.
    command=(cargo "+$version" check --locked -p "$crate")
    # The command's one feature compiles C for minutes, and changes no line but which crate is named.
    if [[ $crate != sock ]]; then command+=(--all-features); fi
    if [[ $crate == berkeley-python ]]; then command=(for_python msrv "${command[@]}"); fi
    CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/msrv" "${command[@]}"
  done
}

main() {
  local name names=()
  for name in "$@"; do
    case $name in
      -h | --help)
        usage
        exit 0
        ;;
      fmt | lint | layers | doc | deny | test | setup | bench | fuzz | lab | soak | msrv | python | families | miri | \
        asan | builds | musl | targets | quantum)
        names+=("$name")
        ;;
      *)
        echo "check.sh: no check is named '$name'; ./check.sh --help lists them" >&2
        exit 2
        ;;
    esac
  done
  # shellcheck disable=SC2206 # split into words on purpose
  if [[ ${#names[@]} -eq 0 ]]; then names=($DEFAULT); fi

  unset CDPATH
  cd -- "$(dirname -- "${BASH_SOURCE[0]}")" || exit 1
  trap 'exit 130' INT
  run_all "${names[@]}"
}

run_all() {
  local name begun status failed=0 summary=""
  for name in "$@"; do
    printf '\n== %s\n' "$name"
    begun=$SECONDS
    # A subshell, not a condition: only so does `set -e` end a check at its first failing line.
    (
      set -e
      "check_$name"
    )
    status=$?
    if [[ $status -eq 0 ]]; then
      summary+=$(printf 'ok      %-7s %4d s' "$name" $((SECONDS - begun)))
    else
      failed=1
      summary+=$(printf 'FAILED  %-7s %4d s' "$name" $((SECONDS - begun)))
    fi
    summary+=$'\n'
  done
  printf '\n%s' "$summary"
  exit "$failed"
}

main "$@"
