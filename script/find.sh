# shellcheck shell=bash
# Finds the tools of the tests. Sourced by setup and test, so that both use the same ones. Each function prints a path,
# or fails without a message.

# A program counts only if it runs: a half-installed Chromium and Ubuntu's stub for the snap do not.
runs() {
  "$1" --version >/dev/null 2>&1 </dev/null
}

first_that_runs() {
  local name path
  for name in "$@"; do
    if [[ -n $name ]] && path=$(command -v -- "$name") && runs "$path"; then
      printf '%s\n' "$path"
      return
    fi
  done
  return 1
}

find_chromium() {
  first_that_runs "${INSTEP_TEST_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable
}

find_chromedriver() {
  first_that_runs "${INSTEP_TEST_CHROMEDRIVER:-}" chromedriver
}

# The folder of initdb and postgres. Debian keeps it out of PATH, one for each version: the newest is taken.
find_postgres_bin() {
  local dir newest=""
  while IFS= read -r dir; do
    if runs "$dir/initdb" && runs "$dir/postgres"; then newest=$dir; fi
  done < <(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V)
  if [[ -z $newest ]] && newest=$(command -v initdb); then
    newest=$(dirname -- "$newest")
    runs "$newest/postgres" || newest=""
  fi
  [[ -n $newest ]] && printf '%s\n' "$newest"
}
