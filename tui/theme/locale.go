package theme

import "strings"

// utf8Locale reports whether the locale's character set is UTF-8, by the order
// of precedence of POSIX. Without any locale variable it is taken to be UTF-8:
// containers and editors' terminals often set none and show UTF-8 all the same.
func utf8Locale(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		v := strings.ToLower(getenv(name))
		if v == "" {
			continue
		}
		return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
	}
	return true
}
