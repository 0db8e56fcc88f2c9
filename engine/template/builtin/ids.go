package builtin

import (
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/google/uuid"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

// generator makes a value from randomness and arguments.
type generator func(r *rand.Rand, a *Args) (any, error)

// seeded makes a function of a generator: it takes `seed` besides its own
// arguments.
func seeded(name string, gen generator) FunctionFunc {
	return func(h Host, a *Args) (any, error) {
		seed, err := a.seed()
		if err != nil {
			return nil, err
		}
		return gen(h.Random(name, seed), a)
	}
}

// addIDs adds identifiers: UUIDs, ULIDs and those of W3C trace context.
func addIDs(t *Table) {
	for name, gen := range map[string]generator{
		"fake_uuid": uuidV4, "uuid_v4": uuidV4, "trace_id": hexDigits(32), "span_id": hexDigits(16), "rand_hex": randHex,
	} {
		t.function(name, seeded(name, gen))
	}
	t.function("fake_uuid_seeded", seedUUID, "seed")
	t.function("uuid_v5", uuidV5, "ns", "name")
	t.function("uuid_v7", timed("uuid_v7", uuidV7))
	t.function("ulid", timed("ulid", ulid))
	t.function("traceparent", traceparent)
	t.function("baggage", baggage, "map")
	t.function("seq", sequence, "name", "start", "step")
}

func randomBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.UintN(256))
	}
	return b
}

func uuidV4(r *rand.Rand, _ *Args) (any, error) {
	return uuidText(randomBytes(r, 16), 4), nil
}

// uuidText writes 16 bytes as a UUID of a version and the RFC 9562 variant.
func uuidText(b []byte, version byte) string {
	b[6] = b[6]&0x0f | version<<4
	b[8] = b[8]&0x3f | 0x80
	return dashed(hex.EncodeToString(b[:16]))
}

func dashed(s string) string {
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:32]
}

// seedUUID writes the seed itself in the form of a UUID.
func seedUUID(_ Host, a *Args) (any, error) {
	seed, err := a.seed()
	if err != nil {
		return nil, err
	}
	if seed == nil {
		return nil, fmt.Errorf("the argument `seed` is missing")
	}
	return dashed(fmt.Sprintf("%032x", *seed)), nil
}

func uuidV5(_ Host, a *Args) (any, error) {
	text, err := a.needText("ns")
	if err != nil {
		return nil, err
	}
	name, err := a.needText("name")
	if err != nil {
		return nil, err
	}
	ns, err := uuid.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("invalid namespace UUID: %s", text)
	}
	sum := sha1.Sum(append(ns[:], name...))
	return uuidText(sum[:16], 5), nil
}

// timed makes a function of a generator that begins with the time in ms.
func timed(name string, gen func(ms int64, r *rand.Rand) string) FunctionFunc {
	return func(h Host, a *Args) (any, error) {
		seed, err := a.seed()
		if err != nil {
			return nil, err
		}
		return gen(h.Now().UnixMilli(), h.Random(name, seed)), nil
	}
}

func uuidV7(ms int64, r *rand.Rand) string {
	b := append(binary.BigEndian.AppendUint64(nil, uint64(ms)<<16)[:6], randomBytes(r, 10)...)
	return uuidText(b, 7)
}

// ulid writes 48 bits of time and 80 random ones in Crockford's base 32.
func ulid(ms int64, r *rand.Rand) string {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	out := make([]byte, 26)
	for i := 9; i >= 0; i-- {
		out[i] = alphabet[ms&31]
		ms >>= 5
	}
	for i := 10; i < 26; i++ {
		out[i] = alphabet[r.UintN(32)]
	}
	return string(out)
}

func hexDigits(n int) generator {
	return func(r *rand.Rand, _ *Args) (any, error) { return digits(r, "0123456789abcdef", n), nil }
}

func digits(r *rand.Rand, alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

// maxText bounds the length of generated strings and lists.
const maxText = 1 << 16

func randHex(r *rand.Rand, a *Args) (any, error) {
	n, err := a.natural("n", 16)
	if err != nil {
		return nil, err
	}
	if n > maxText {
		return nil, tooBig(maxText)
	}
	return digits(r, "0123456789abcdef", int(n)), nil
}

func traceparent(h Host, a *Args) (any, error) {
	seed, err := a.seed()
	if err != nil {
		return nil, err
	}
	var next *uint64
	if seed != nil {
		n := *seed + 1
		next = &n
	}
	trace, err := a.text("trace_id", "")
	if err != nil {
		return nil, err
	}
	if trace == "" {
		trace = digits(h.Random("traceparent", seed), "0123456789abcdef", 32)
	}
	span, err := a.text("span_id", "")
	if err != nil {
		return nil, err
	}
	if span == "" {
		span = digits(h.Random("traceparent", next), "0123456789abcdef", 16)
	}
	flags := int64(1)
	if v, ok := a.Get("sampled"); ok {
		if b, isBool := v.(bool); isBool {
			if !b {
				flags = 0
			}
		} else if flags, err = a.natural("sampled", 1); err != nil || flags > 255 {
			return nil, wrongArg("sampled", v, "0, 1, true or false")
		}
	}
	return fmt.Sprintf("00-%s-%s-%02x", trace, span, flags), nil
}

func baggage(_ Host, a *Args) (any, error) {
	v, err := a.first("map", "items")
	if err != nil {
		return nil, err
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, wrongArg("map", v, "an object")
	}
	parts := make([]string, 0, len(m))
	for _, k := range value.Keys(m) {
		b, _ := value.AppendText(nil, m[k], maxText)
		parts = append(parts, k+"="+string(b))
	}
	return strings.Join(parts, ","), nil
}

// sequence counts the calls for a name within one render.
func sequence(h Host, a *Args) (any, error) {
	name, err := a.needText("name")
	if err != nil {
		return nil, err
	}
	start, err := a.integer("start", 0)
	if err != nil {
		return nil, err
	}
	step, err := a.integer("step", 1)
	if err != nil {
		return nil, err
	}
	return start + h.Next(name)*step, nil
}
