package secret

import (
	"slices"
	"strings"
	"unicode"
)

// Names decides by the name of a variable, key or attribute whether it holds a
// secret. The zero Names knows the built-in rule; it is a value, safe for
// concurrent use.
type Names struct{ patterns []string }

// NewNames returns the built-in rule with the user's patterns on top. A pattern
// is matched against the whole name, without regard to case; * stands for any
// run of characters, and a leading ! says that such a name holds no secret. The
// last pattern that matches decides, before the built-in rule. Blank patterns
// are left out.
func NewNames(patterns ...string) Names {
	var n Names
	for _, p := range patterns {
		p = strings.ToUpper(strings.TrimSpace(p))
		if p != "" && p != "!" {
			n.patterns = append(n.patterns, p)
		}
	}
	return n
}

// Match reports whether a variable of this name holds a secret.
func (n Names) Match(name string) bool {
	upper := strings.ToUpper(name)
	for _, p := range slices.Backward(n.patterns) {
		p, exempt := strings.CutPrefix(p, "!")
		if glob(p, upper) {
			return !exempt
		}
	}
	return Named(name)
}

// glob reports whether name matches a pattern in which * is any run of
// characters. Taking the earliest place for each part is enough, since only the
// first and the last part are tied to an end.
func glob(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	rest, ok := strings.CutPrefix(name, parts[0])
	if !ok || len(parts) == 1 {
		return ok && rest == ""
	}
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return strings.HasSuffix(rest, last)
}

var (
	// secretEndings make a word secret that is or ends with one of them, for
	// names that are written without any boundary: pgpassword, authtoken. The
	// plural of token is not among them: max_tokens counts the tokens of a
	// language model.
	secretEndings = []string{
		"PASSWORD", "PASSWORDS", "PASSWD", "PASSPHRASE", "SECRET", "SECRETS", "TOKEN",
		"CREDENTIAL", "CREDENTIALS", "APIKEY", "ACCESSKEY", "SECRETKEY", "PRIVATEKEY",
	}
	// secretWords are secret as words of their own only.
	secretWords = []string{"CREDS", "AUTHORIZATION"}
	// secretPairs are secret where the two words follow each other. PASS, PWD
	// and KEY alone say too little: tests.pass, PWD, primary_key.
	secretPairs = map[string][]string{
		"KEY":  {"API", "ACCESS", "PRIVATE", "ENCRYPTION", "SIGNING", "SSH", "HMAC", "MASTER", "ACCOUNT"},
		"KEYS": {"API", "ACCESS", "PRIVATE"},
		"PASS": passOwners,
		"PWD":  passOwners,
	}
	passOwners = []string{
		"DB", "DATABASE", "USER", "ADMIN", "ROOT", "SMTP", "MAIL", "EMAIL", "FTP", "MYSQL", "MARIADB", "PG",
		"POSTGRES", "REDIS", "MONGO", "RABBITMQ", "AMQP", "BASIC", "AUTH", "PROXY", "LDAP", "REGISTRY",
	}
	// stems are what each of the words above holds one of.
	stems = []string{"PASS", "PWD", "SECRET", "TOKEN", "CRED", "KEY", "AUTHORIZATION"}
	// settings as the last word turn the name into that of something about a
	// secret, which is none: POSTGRES_PASSWORD_FILE, token_ttl.
	settings = []string{
		"FILE", "PATH", "DIR", "URL", "URI", "ENDPOINT", "TTL", "TIMEOUT", "EXPIRY", "EXPIRES", "EXPIRATION",
		"LENGTH", "LEN", "SIZE", "LIMIT", "COUNT", "TYPE", "NAME", "ENABLED", "REQUIRED", "POLICY", "HEADER",
	}
)

// Named reports whether a variable of this name holds a secret by the built-in
// rule. The rule looks at whole words: names are split at everything that is no
// letter or digit, and at camelCase humps, so that api_key, apiKey, DB_PASSWORD
// and authToken are secret while monkey, tokenizer and secretary are not.
func Named(name string) bool {
	upper := strings.ToUpper(name)
	if !slices.ContainsFunc(stems, func(stem string) bool { return strings.Contains(upper, stem) }) {
		return false // nearly all names, without taking them apart
	}
	ws := words(name)
	if slices.Contains(settings, ws[len(ws)-1]) {
		return false
	}
	for i, w := range ws {
		w = strings.TrimRight(w, "0123456789")
		if slices.Contains(secretWords, w) || slices.ContainsFunc(secretEndings, func(e string) bool { return strings.HasSuffix(w, e) }) {
			return true
		}
		if i > 0 && slices.Contains(secretPairs[w], ws[i-1]) {
			return true
		}
	}
	return false
}

// words splits a name into its words, in upper case.
func words(name string) []string {
	var out []string
	runes := []rune(name)
	start := 0
	cut := func(end int) {
		if end > start {
			out = append(out, strings.ToUpper(string(runes[start:end])))
		}
		start = end
	}
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			cut(i)
			start = i + 1
		case i == 0 || !unicode.IsUpper(r):
		case !unicode.IsUpper(runes[i-1]): // apiKey
			cut(i)
		case i+1 < len(runes) && unicode.IsLower(runes[i+1]): // APIKey
			cut(i)
		}
	}
	cut(len(runes))
	return out
}
