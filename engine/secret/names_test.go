package secret

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestNamesThatHoldSecrets(t *testing.T) {
	for _, name := range []string{
		"api_key", "apiKey", "APIKey", "API_KEY", "X-Api-Key", "stripe.api.key", "apikey", "MYAPIKEY",
		"DB_PASSWORD", "PGPASSWORD", "POSTGRES_PASSWORD", "password", "Password2", "dbPassword", "userpasswd", "KEY_PASSPHRASE",
		"SECRET", "clientSecret", "client_secret", "AWS_SECRET_ACCESS_KEY", "SECRET_KEY_BASE", "SECRETS", "VAULT_SECRET_ID",
		"TOKEN", "authToken", "AUTH_TOKEN", "GITHUB_TOKEN", "npm_authtoken", "OAuthToken", "csrf_token", "TOKEN1",
		"PRIVATE_KEY", "sshPrivateKey", "privatekey", "PRIVATE_KEY_PEM", "AWS_ACCESS_KEY_ID", "ENCRYPTION_KEY", "SSH_KEY",
		"GOOGLE_APPLICATION_CREDENTIALS", "aws.credentials", "DB_CREDS", "http.request.header.authorization",
		"DB_PASS", "smtp.pass", "MYSQL_PWD", "API_KEYS",
	} {
		if !Named(name) {
			t.Errorf("%s is not taken for a secret", name)
		}
	}
}

func TestNamesThatHoldNoSecrets(t *testing.T) {
	for _, name := range []string{
		"", "_", "monkey", "tokenizer", "TOKENIZER_MODEL", "secretary", "passwordless", "PRIMARY_KEY", "key", "keyboard", "PUBLIC_KEY",
		"max_tokens", "gen_ai.usage.output_tokens", "tests.pass", "PASS", "bypass", "PWD", "OLDPWD", "compass",
		"POSTGRES_PASSWORD_FILE", "TOKEN_TTL", "token_url", "SECRET_NAME", "password.length", "author", "API_URL", "keystone", "ACCESS_LOG",
		"http.route", "HOME",
	} {
		if Named(name) {
			t.Errorf("%s is taken for a secret", name)
		}
	}
}

// Named takes only such names apart that hold a stem.
func TestEveryWordHoldsAStem(t *testing.T) {
	ws := slices.Concat(secretEndings, secretWords, slices.Collect(maps.Keys(secretPairs)))
	for _, w := range ws {
		if !slices.ContainsFunc(stems, func(stem string) bool { return strings.Contains(w, stem) }) {
			t.Errorf("%s holds none", w)
		}
	}
}

func TestPatternsOfTheUser(t *testing.T) {
	n := NewNames("STRIPE_*", " session.id ", "*dsn*", "!*_PUBLIC_TOKEN", "!stripe_mode", "", "!", "a*b*a")
	for name, want := range map[string]bool{
		"stripe_live": true, "Session.ID": true, "session.ids": false, "SENTRY_DSN_URL": true, "DSN": true,
		"MAPBOX_PUBLIC_TOKEN": false, "STRIPE_MODE": false, "GITHUB_TOKEN": true, "HOME": false,
		"aba": true, "axbxbxa": true, "ab": false, "a": false, "aa": false,
	} {
		if got := n.Match(name); got != want {
			t.Errorf("Match(%q) = %v, want %v", name, got, want)
		}
	}
	if n := NewNames("!TOKEN", "tok*"); !n.Match("token") {
		t.Error("the last pattern that matches does not decide")
	}
	if n := NewNames("*"); !n.Match("") || !n.Match("HOME") {
		t.Error("* does not match every name")
	}
}
