package server

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"coderm/internal/testkit/browser"
	"coderm/problem"
)

// file writes lines for the browser to upload.
func file(t *testing.T, name string, lines []any) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, l := range lines {
		if err := problem.WriteLine(f, l); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// keepShot keeps a picture, if somebody wants to look at it.
func keepShot(t *testing.T, name string, shot []byte) {
	t.Helper()
	dir := os.Getenv("CODERM_SCREENSHOTS")
	if dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), shot, 0o666); err != nil {
		t.Error(err)
	}
}

// TestPage: a choice by the example that is there, a run from two files and tests to
// its report with the heat map, a run that is stopped though more wait than a browser has
// connections, and a reload; with no word on the console, and no window in which something
// sticks out. CODERM_SCREENSHOTS is a folder for pictures to look at.
func TestPage(t *testing.T) {
	s, at := start(t, Config{Model: NoModel})
	p, sol, given := someRun(3)
	endless := []any{problem.Solution{TaskID: "p0", Code: "while True: pass"}}
	const waiting = 8                                // runs
	var awaited string                               // last
	poll := func(condition string) chromedp.Action { // the page's patience is that of the browser
		return chromedp.ActionFunc(func(ctx context.Context) error {
			awaited = condition
			return chromedp.Poll(condition, nil, chromedp.WithPollingInterval(100*time.Millisecond), chromedp.WithPollingTimeout(0)).Do(ctx)
		})
	}
	// What a mouse hits depends on lines that come and go while a run goes on.
	press := func(button string) chromedp.Action {
		return chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q).click()`, button), nil)
	}
	is := func(state string, place int) string {
		return fmt.Sprintf(`document.querySelector("#runs li:nth-child(%d) .facts").innerText.startsWith(%q)`, place, state)
	}
	var running []byte
	ctx, complaints := browser.Open(t, at, "#candidates textarea")
	var chosen, facts, matrix, after, model string
	err := chromedp.Run(ctx,
		chromedp.Text("#model", &model),
		chromedp.Click("#try button.main"),
		chromedp.WaitVisible("#choice li"),
		chromedp.Text("#choice li", &chosen),
		chromedp.SetUploadFiles("#problems", []string{file(t, "problems.jsonl", p)}),
		chromedp.SetUploadFiles("#solutions", []string{file(t, "solutions.jsonl", sol)}),
		chromedp.SetUploadFiles("#given", []string{file(t, "tests.jsonl", given)}),
		chromedp.SendKeys("#name", "my run"),
		chromedp.Click("#new button.main"),
		poll(`document.querySelector("#runs .facts")?.innerText.startsWith("done")`),
		chromedp.Text("#runs .facts", &facts),
		chromedp.Click("#runs button"),
		poll(`document.querySelector("#report").contentDocument?.querySelector("canvas")?.width > 0`),
		chromedp.Evaluate(`document.querySelector("#report").contentDocument.title`, &matrix),
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%q %q %q %q", model, chosen, facts, matrix)
	if !strings.Contains(chosen, "Chosen: candidate 2") || !strings.Contains(facts, "3 of 3 problems") || matrix != "my run" {
		t.Errorf("chosen %q, facts %q, report %q", chosen, facts, matrix)
	}
	for _, size := range [][2]int64{{1280, 900}, {360, 740}} {
		for _, scheme := range []string{"light", "dark"} {
			var inside bool
			var shot []byte
			err := chromedp.Run(ctx,
				chromedp.EmulateViewport(size[0], size[1]),
				emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
				chromedp.Evaluate(`document.documentElement.scrollWidth <= document.documentElement.clientWidth`, &inside),
				chromedp.FullScreenshot(&shot, 100),
			)
			if err != nil || !inside {
				t.Errorf("%d wide, %s: %v, inside %v", size[0], scheme, err, inside)
			}
			keepShot(t, map[int64]string{1280: "wide-", 360: "narrow-"}[size[0]]+scheme, shot)
		}
	}
	err = chromedp.Run(ctx,
		chromedp.EmulateViewport(1280, 900),
		chromedp.SetUploadFiles("#problems", []string{file(t, "problems.jsonl", p[:1])}),
		chromedp.SetUploadFiles("#solutions", []string{file(t, "solutions.jsonl", sol[:1])}),
		chromedp.SetUploadFiles("#given", []string{file(t, "tests.jsonl", given[:3])}),
		chromedp.Click("#new button.main"),
		chromedp.WaitVisible("#runs li:nth-child(2)"),
		poll(is("done", 1)),
	)
	if err != nil {
		t.Fatal(err)
	}
	for range waiting {
		spec := json.RawMessage(`{"job": "rerank", "limits": {"fuel": 1000000000000000, "first_fuel": 0}}`)
		post(t, at+"/v1/runs", map[string]any{"spec": spec, "problems": p[:1], "solutions": endless, "tests": given[:3]}, nil)
	}
	err = chromedp.Run(ctx,
		chromedp.Reload(),
		chromedp.WaitVisible(fmt.Sprintf("#runs li:nth-child(%d)", 2+waiting)),
		poll(is("running", waiting)),
		chromedp.FullScreenshot(&running, 100),
		press(fmt.Sprintf("#runs li:nth-child(%d) button:last-child", waiting)),
		poll(is("stopped", waiting)),
		press("#runs li:first-child button:last-child"),
		poll(is("stopped", 1)),
		chromedp.Reload(),
		chromedp.WaitVisible("#runs li:nth-child(2)"),
		chromedp.Text("#runs", &after),
	)
	if err != nil {
		for _, j := range s.jobs.all() {
			v, _, _ := j.view()
			t.Logf("%+v", v)
		}
		t.Fatalf("%s: %v", awaited, err)
	}
	keepShot(t, "running", running)
	if len(s.jobs.all()) != 2+waiting || !strings.Contains(after, "my run") {
		t.Errorf("after a reload: %q", after)
	}
	if len(*complaints) > 0 {
		t.Errorf("the browser complains: %q", *complaints)
	}
}
