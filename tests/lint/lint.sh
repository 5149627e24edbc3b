#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# make lint: every check that needs no build. Prints what is wrong, then one line a check. It changes nothing.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
summary=

# runs one check: NAME TOOL COMMAND... ; a tool that is not installed is said loudly and fails in CI
check() {
	local name=$1 tool=$2
	shift 2
	if ! command -v "$tool" >/dev/null; then
		summary+="skipped  $name: $tool is not installed"$'\n'
		[ "${CI:-}" = 1 ] && bad=$((bad + 1))
		return 0
	fi
	if "$@"; then
		summary+="ok       $name"$'\n'
	else
		summary+="FAILED   $name"$'\n'
		bad=$((bad + 1))
	fi
}

files() { git ls-files --cached --others --exclude-standard "$@" | while read -r f; do [ -f "$f" ] && echo "$f"; done; }

format() { files '*.c' '*.h' ':!bpf/kernel/vmlinux.h' | xargs -r clang-format --dry-run -Werror; }
structure() { python3 -B tests/lint/structure.py; }
python() {
	files '*.py' | while read -r f; do
		python3 -B -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$f" || exit 1
	done
}
shell() { files '*.sh' .ci/run tests/deps.sh | xargs -r -n 1 bash -n; }
# suppressed: what cppcheck 2.10 cannot see (cleanup attributes, linker symbols, address-taken locals); sanitizers do
analysis() {
	files 'engine/*.c' 'userspace/*.c' | xargs -r cppcheck --quiet --error-exitcode=1 --inline-suppr \
		--suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches --suppress=unknownMacro --suppress=memleak --suppress=resourceLeak --suppress=comparePointers \
		--suppress=uninitvar -j 2 \
		--max-configs=1 -Iengine/include -Iengine -Iuserspace -DSW_VERSION='""'
}
manuals() { [ -z "$(files 'userspace/man/*.8')" ] || files 'userspace/man/*.8' | xargs -r mandoc -Tlint -Wwarning; }
xml() { files 'content/*.xml' 'tests/fixtures/*.xml' | xargs -r xmllint --noout --nonet; }
json() {
	files 'tests/cases/*.json' 'content/*.json' | while read -r f; do
		python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$f" || exit 1
	done
}

check "C format" clang-format format
check "structure (licence, layers, sizes, words)" python3 structure
check "python parses" python3 python
check "shell parses" bash shell
check "cppcheck" cppcheck analysis
check "manual pages" mandoc manuals
check "XML is well-formed" xmllint xml
check "JSON is well-formed" python3 json

printf '\n%s' "$summary"
if [ $bad -gt 0 ]; then
	echo "lint: $bad checks failed"
	exit 1
fi
echo "lint: all checks passed"
