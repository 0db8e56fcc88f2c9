//go:build race

package local

func init() { raceDetector = true }
