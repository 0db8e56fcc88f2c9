// Package secret keeps secrets out of what people and other programs get to
// see: screen, logs, reports, traces, crash texts.
//
// Names of variables and their values flow in. Names says which variables hold
// a secret; Set hides the values of those, in text, in byte streams and in
// structured values, each also in the encodings in which values usually leak.
// Text flows out in which every occurrence is replaced by one fixed mask, whose
// length says nothing about the secret.
//
// What it cannot hide: a part of a secret that was cut off or printed in
// pieces, text that was compressed or encrypted, base64 that was wrapped at a
// width other than 64 or 76 or in the middle of a larger text, numbers in lists
// of bytes ("[104 117]"), and values that Hideable refuses. Of base64 within a
// larger encoded text the character before the mask may carry up to four bits
// of the first byte.
//
// Mask values before they are written into JSON, TOML or HTML: masking the
// finished document is a safe net, but an occurrence that begins right after a
// backslash can leave that document malformed.
//
// The package imports nothing of the project, starts no goroutine, and keeps
// nothing outside the values that it hands out.
package secret
