package builtin

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// one makes a generator that takes one of some words.
func one(words []string) generator {
	return func(r *rand.Rand, _ *Args) (any, error) { return word(r, words), nil }
}

func word(r *rand.Rand, words []string) string { return words[r.IntN(len(words))] }

// made makes a generator of a function that needs randomness only.
func made(fn func(r *rand.Rand) string) generator {
	return func(r *rand.Rand, _ *Args) (any, error) { return fn(r), nil }
}

// fakes are the generators behind the functions fake_NAME.
var fakes = map[string]generator{
	"name":       made(fullName),
	"first_name": one(firstNames),
	"last_name":  one(lastNames),
	"title":      one(titles),
	"suffix":     one(suffixes),

	"email":       made(func(r *rand.Rand) string { return userName(r) + "@" + word(r, domains) }),
	"username":    made(userName),
	"domain":      made(domain),
	"url":         made(func(r *rand.Rand) string { return "https://" + domain(r) }),
	"user_agent":  one(agents),
	"password":    password,
	"ipv4":        made(ipv4),
	"ipv6":        made(ipv6),
	"mac_address": made(func(r *rand.Rand) string { return hexGroups(r, 6, ":") }),

	"address":    made(func(r *rand.Rand) string { return street(r) + ", " + word(r, cities) }),
	"street":     made(street),
	"city":       one(cities),
	"state":      one(states),
	"zip":        made(func(r *rand.Rand) string { return digits(r, "0123456789", 5) }),
	"country":    one(countries),
	"latitude":   made(func(r *rand.Rand) string { return degrees(r, 90) }),
	"longitude":  made(func(r *rand.Rand) string { return degrees(r, 180) }),
	"phone":      made(phone),
	"cell_phone": made(phone),

	"company":        made(func(r *rand.Rand) string { return word(r, companyWords) + " " + word(r, companyKinds) }),
	"company_suffix": one(companyKinds),
	"industry":       one(industries),
	"profession":     one(professions),

	"word":      one(lorem),
	"words":     words,
	"sentence":  sentence,
	"paragraph": paragraph,

	"int":       func(r *rand.Rand, _ *Args) (any, error) { return r.Int64N(1000), nil },
	"int_range": intRange,
	"float":     func(r *rand.Rand, _ *Args) (any, error) { return float64(r.IntN(100000)) / 100, nil },
	"bool":      boolean,
	"string":    letterString,
	"port":      func(r *rand.Rand, _ *Args) (any, error) { return 1024 + r.Int64N(65535-1024), nil },
	"semver": made(func(r *rand.Rand) string {
		return fmt.Sprintf("%d.%d.%d", r.IntN(10), r.IntN(20), r.IntN(50))
	}),

	"date":      made(func(r *rand.Rand) string { return moment(r).Format(time.DateOnly) }),
	"time":      made(func(r *rand.Rand) string { return moment(r).Format(time.TimeOnly) }),
	"datetime":  made(func(r *rand.Rand) string { return moment(r).Format(time.RFC3339) }),
	"timestamp": func(r *rand.Rand, _ *Args) (any, error) { return moment(r).Unix(), nil },

	"credit_card":     made(creditCard),
	"currency_code":   one(currencyCodes),
	"currency_name":   one(currencyNames),
	"currency_symbol": one(currencySigns),

	"filename":  made(fileName),
	"extension": one(extensions),
	"mime_type": one(mimeTypes),
	"file_path": made(func(r *rand.Rand) string { return "/" + word(r, lorem) + "/" + word(r, lorem) + "/" + fileName(r) }),

	"color":     one(colors),
	"hex_color": made(func(r *rand.Rand) string { return "#" + digits(r, "0123456789abcdef", 6) }),
	"rgb_color": made(func(r *rand.Rand) string {
		return fmt.Sprintf("rgb(%d, %d, %d)", r.IntN(256), r.IntN(256), r.IntN(256))
	}),
}

// kinds are what the function `fake` can make, and from which generator.
var kinds = []struct{ kind, fake string }{
	{"name.full", "name"}, {"name.first", "first_name"}, {"name.last", "last_name"}, {"name.title", "title"},
	{"internet.email.safe", "email"}, {"internet.email.free", "email"}, {"internet.username", "username"},
	{"internet.domain.suffix", ""}, {"internet.ip.any", "ipv4"}, {"internet.ip.v4", "ipv4"}, {"internet.ip.v6", "ipv6"},
	{"internet.password", "password"},
	{"address.city", "city"}, {"address.country", "country"}, {"address.street.name", ""}, {"address.street.address", "street"},
	{"address.zip", "zip"}, {"address.tz", ""},
	{"company.name", "company"}, {"company.buzzword", ""}, {"company.industry", "industry"}, {"company.profession", "profession"},
	{"lorem.word", "word"}, {"lorem.sentence", "sentence"}, {"lorem.paragraph", "paragraph"},
	{"phone.number", "phone"}, {"uuid.v4", ""},
}

// kindOnly are the generators of kinds that no fake_ function has.
var kindOnly = map[string]generator{
	"internet.domain.suffix": one(topLevels),
	"address.street.name":    made(func(r *rand.Rand) string { return word(r, streetNames) + " " + word(r, streetKinds) }),
	"address.tz":             one(timeZones),
	"company.buzzword":       one(buzzwords),
	"uuid.v4":                uuidV4,
}

func addFakes(t *Table) {
	for name, gen := range fakes {
		t.function("fake_"+name, seeded("fake_"+name, gen))
	}
	t.function("fake", seeded("fake", fakeKind), "kind")
	t.function("fake_kinds", func(Host, *Args) (any, error) {
		out := make([]any, len(kinds))
		for i, k := range kinds {
			out[i] = k.kind
		}
		return out, nil
	})
}

// fakeKind makes a value of a named kind, or a list of n of them.
func fakeKind(r *rand.Rand, a *Args) (any, error) {
	kind, err := a.needText("kind")
	if err != nil {
		return nil, err
	}
	n, err := a.natural("n", 1)
	if err != nil {
		return nil, err
	}
	if n > maxText {
		return nil, tooBig(maxText)
	}
	gen := kindOnly[kind]
	var names []string
	for _, k := range kinds {
		names = append(names, k.kind)
		if k.kind == kind && k.fake != "" {
			gen = fakes[k.fake]
		}
	}
	if gen == nil {
		if near := diag.Nearest(kind, names); near != "" {
			return nil, fmt.Errorf("unknown kind `%s`, did you mean `%s`?", kind, near)
		}
		return nil, fmt.Errorf("unknown kind `%s`; fake_kinds() lists them", kind)
	}
	if n == 1 {
		return gen(r, a)
	}
	out := make([]any, 0, n)
	for range n {
		v, err := gen(r, a)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func fullName(r *rand.Rand) string { return word(r, firstNames) + " " + word(r, lastNames) }

func userName(r *rand.Rand) string {
	return strings.ToLower(word(r, firstNames) + "." + word(r, lastNames) + strconv.Itoa(r.IntN(100)))
}

func domain(r *rand.Rand) string { return word(r, lorem) + "." + word(r, topLevels) }

// ipv4 takes addresses of the documentation ranges, which route nowhere.
func ipv4(r *rand.Rand) string {
	return word(r, []string{"192.0.2.", "198.51.100.", "203.0.113."}) + strconv.Itoa(1+r.IntN(254))
}

func ipv6(r *rand.Rand) string {
	parts := []string{"2001", "db8"}
	for range 6 {
		parts = append(parts, strconv.FormatUint(uint64(r.UintN(65536)), 16))
	}
	return strings.Join(parts, ":")
}

func hexGroups(r *rand.Rand, n int, sep string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf("%02x", r.UintN(256))
	}
	return strings.Join(parts, sep)
}

func street(r *rand.Rand) string {
	return fmt.Sprintf("%d %s %s", 1+r.IntN(999), word(r, streetNames), word(r, streetKinds))
}

func degrees(r *rand.Rand, limit float64) string {
	return strconv.FormatFloat((r.Float64()*2-1)*limit, 'f', 6, 64)
}

// phone takes numbers that are reserved for fiction.
func phone(r *rand.Rand) string {
	return fmt.Sprintf("+1-%d-555-01%02d", 200+r.IntN(800), r.IntN(100))
}

func fileName(r *rand.Rand) string { return word(r, lorem) + "." + word(r, extensions) }

// moment is a time between 2000 and 2030 in UTC.
func moment(r *rand.Rand) time.Time {
	return time.Unix(946684800+r.Int64N(946728000), 0).UTC()
}

// creditCard is a number of a test range with a valid check digit.
func creditCard(r *rand.Rand) string {
	s := "400000" + digits(r, "0123456789", 9)
	sum := 0
	for i, c := range s {
		d := int(c - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return s + strconv.Itoa((10-sum%10)%10)
}

// between returns a length between the arguments min and max.
func between(r *rand.Rand, a *Args, min, max int64) (int, error) {
	lo, err := a.natural("min", min)
	if err != nil {
		return 0, err
	}
	hi, err := a.natural("max", max)
	if err != nil {
		return 0, err
	}
	if lo > hi {
		return 0, fmt.Errorf("`min` (%d) is greater than `max` (%d)", lo, hi)
	}
	if hi > maxText {
		return 0, tooBig(maxText)
	}
	return int(lo + r.Int64N(hi-lo+1)), nil
}

func password(r *rand.Rand, a *Args) (any, error) {
	n, err := between(r, a, 8, 20)
	if err != nil {
		return nil, err
	}
	return digits(r, "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789", n), nil
}

func phrase(r *rand.Rand, n int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = word(r, lorem)
	}
	return strings.Join(parts, " ")
}

func words(r *rand.Rand, a *Args) (any, error) {
	n, err := a.natural("count", 3)
	if err != nil {
		return nil, err
	}
	if n > maxText {
		return nil, tooBig(maxText)
	}
	return phrase(r, int(n)), nil
}

func sentence(r *rand.Rand, a *Args) (any, error) {
	n, err := between(r, a, 4, 10)
	if err != nil {
		return nil, err
	}
	return capitalize(phrase(r, n)) + ".", nil
}

func paragraph(r *rand.Rand, a *Args) (any, error) {
	n, err := between(r, a, 3, 7)
	if err != nil {
		return nil, err
	}
	parts := make([]string, n)
	for i := range parts {
		parts[i] = capitalize(phrase(r, 4+r.IntN(7))) + "."
	}
	return strings.Join(parts, " "), nil
}

// intRange takes both ends in.
func intRange(r *rand.Rand, a *Args) (any, error) {
	lo, err := a.integer("min", 0)
	if err != nil {
		return nil, err
	}
	hi, err := a.integer("max", 100)
	if err != nil {
		return nil, err
	}
	if lo > hi {
		return nil, fmt.Errorf("`min` (%d) is greater than `max` (%d)", lo, hi)
	}
	span := uint64(hi) - uint64(lo)
	if span == 1<<64-1 {
		return int64(r.Uint64()), nil
	}
	return int64(uint64(lo) + r.Uint64N(span+1)), nil
}

func boolean(r *rand.Rand, a *Args) (any, error) {
	ratio, err := a.natural("ratio", 50)
	if err != nil {
		return nil, err
	}
	if ratio > 100 {
		return nil, wrongArg("ratio", ratio, "0 to 100")
	}
	return r.Int64N(100) < ratio, nil
}

func letterString(r *rand.Rand, a *Args) (any, error) {
	n, err := a.natural("len", 10)
	if err != nil {
		return nil, err
	}
	if n > maxText {
		return nil, tooBig(maxText)
	}
	return digits(r, "abcdefghijklmnopqrstuvwxyz", int(n)), nil
}
