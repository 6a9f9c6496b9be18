package notice

import (
	"os"
	"testing"
)

func TestNoticeIsCurrent(t *testing.T) {
	want, err := Make("coderm/cmd/coderm")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("NOTICE differs from what the program is linked from; run go generate ./internal/notice")
	}
}
