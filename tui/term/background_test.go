package term

import "testing"

func TestBackgroundIsReadFromTheEnvironmentAndTheAnswer(t *testing.T) {
	for s, want := range map[string][2]bool{
		"15;0": {true, true}, "0;15": {false, true}, "0;default;15": {false, true}, "12;8": {true, true},
		"": {}, "15": {}, "0;99": {}, "a;b": {},
	} {
		if dark, known := fromColorFGBG(s); [2]bool{dark, known} != want {
			t.Errorf("COLORFGBG=%q: dark %v, known %v", s, dark, known)
		}
	}
	for s, want := range map[string][2]bool{
		"\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\\x1b[?62c": {true, true},
		"\x1b]11;rgb:ff/ff/ff\a":                    {false, true},
		"\x1b]11;rgb:ffff/ffff/ffff":                {},
		"\x1b]11;rgb:ffff/ffff\a":                   {},
		"\x1b]11;rgb:fffff/0/0\a":                   {},
		"\x1b[?62;4c":                               {},
	} {
		if dark, known := fromAnswer([]byte(s)); [2]bool{dark, known} != want {
			t.Errorf("%q: dark %v, known %v", s, dark, known)
		}
	}
	if complete([]byte("\x1b]11;rgb:cc/cc/cc\a")) || !complete([]byte("x\x1b[?6;22c")) {
		t.Error("the end of the answer is not seen")
	}
}

func FuzzBackgroundAnswer(f *testing.F) {
	f.Add([]byte("\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\"))
	f.Fuzz(func(t *testing.T, answer []byte) {
		if dark, known := fromAnswer(answer); dark && !known {
			t.Errorf("%q is dark although nothing is known", answer)
		}
	})
}
