package report

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestSARIFNamesEveryDiagnosticOnceWithItsPlace(t *testing.T) {
	v := sampleValidation()
	var b bytes.Buffer
	if err := WriteValidationSARIF(&b, v); err != nil {
		t.Fatal(err)
	}
	var log sarifLog
	if err := json.Unmarshal(b.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	k := 0
	for i := range v.Files {
		for _, d := range v.Files[i].Diagnostics {
			r := log.Runs[0].Results[k]
			k++
			at := r.Locations[0].Physical
			if r.RuleID != d.Code || at.Artifact.URI != d.File || d.Line > 0 && (at.Region.StartLine != d.Line || at.Region.StartColumn != d.Column) {
				t.Errorf("result %+v for %+v", r, d)
			}
		}
	}
	if fixes := bytes.Count(b.Bytes(), []byte(`"deletedRegion"`)); fixes == 0 {
		t.Error("the sample has no fix")
	}
	if k == 0 || k != len(log.Runs[0].Results) {
		t.Errorf("%d results for %d diagnostics", len(log.Runs[0].Results), k)
	}
}
