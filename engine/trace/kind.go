package trace

import (
	"strings"
)

// Kind is a span kind as OTLP numbers it.
type Kind uint8

// The span kinds of OTLP (trace.proto, Span.SpanKind).
const (
	KindUnset Kind = iota
	KindInternal
	KindServer
	KindClient
	KindProducer
	KindConsumer
)

var kindWords = [...]string{"unset", "internal", "server", "client", "producer", "consumer"}

// String returns the lower-case word that test files use.
func (k Kind) String() string {
	if int(k) < len(kindWords) {
		return kindWords[k]
	}
	return "unset"
}

// ParseKind reads a kind in any of the spellings met: "internal", "Internal",
// "SPAN_KIND_INTERNAL", "1". The empty word and "unspecified" are KindUnset.
func ParseKind(word string) (Kind, bool) {
	w := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(word)), "span_kind_")
	if len(w) == 1 && w[0] >= '0' && w[0] <= '5' {
		return Kind(w[0] - '0'), true
	}
	for i, k := range kindWords {
		if w == k {
			return Kind(i), true
		}
	}
	return KindUnset, w == "" || w == "unspecified"
}

// Status is a resolved span status.
type Status uint8

// The status codes of OTLP.
const (
	StatusUnset Status = iota
	StatusOK
	StatusError
)

// String returns the upper-case word that test files use.
func (s Status) String() string {
	switch s {
	case StatusOK:
		return "OK"
	case StatusError:
		return "ERROR"
	default:
		return "UNSET"
	}
}

// ParseStatus reads a status in any of the spellings met: "OK", "Ok",
// "STATUS_CODE_OK", "1", and `Error { description: "…" }` as the exporter of
// the Rust original prints it. The empty word is StatusUnset.
func ParseStatus(word string) (Status, bool) {
	w := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(word)), "status_code_")
	switch {
	case w == "" || w == "unset" || w == "0":
		return StatusUnset, true
	case w == "ok" || w == "1":
		return StatusOK, true
	case w == "error" || w == "2" || strings.HasPrefix(w, "error {") || strings.HasPrefix(w, "error{"):
		return StatusError, true
	}
	return StatusUnset, false
}

// resolveStatus asks in this order: the code of the format, then the attributes
// otel.status_code and status, then error=true. UNSET says nothing, so the next
// source is asked; an attribute whose text is no status word (an HTTP status,
// say) is not a status.
func resolveStatus(code Status, attrs []Attr) Status {
	if code != StatusUnset {
		return code
	}
	for _, key := range [...]string{"otel.status_code", "status"} {
		if v, ok := Lookup(attrs, key); ok {
			if word, ok := v.(string); ok && !numeric(word) {
				if s, ok := ParseStatus(word); ok && s != StatusUnset {
					return s
				}
			}
		}
	}
	if v, ok := Lookup(attrs, "error"); ok && strings.EqualFold(ValueText(v), "true") {
		return StatusError
	}
	return StatusUnset
}

func numeric(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
