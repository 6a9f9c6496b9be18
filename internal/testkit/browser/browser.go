// Package browser shows pages to a real browser, for tests.
package browser

import (
	"context"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"coderm/internal/testkit"
)

// patience is far beyond what a page takes on a busy machine.
const patience = 5 * time.Minute

// Open starts a headless Chromium on a page, waits until the element that a selector
// names is visible, and collects what the page complains about from its start. The
// browser ends with the test.
func Open(t *testing.T, url, ready string) (ctx context.Context, complaints *[]string) {
	t.Helper()
	path, err := exec.LookPath("chromium")
	testkit.Need(t, err, "a browser")
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.WindowSize(1280, 900), chromedp.WSURLReadTimeout(2*time.Minute))
	// What a page never shows would be waited for until the whole run is out of time.
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	complaints = new([]string)
	chromedp.ListenTarget(ctx, func(e any) {
		switch e := e.(type) {
		case *runtime.EventExceptionThrown:
			*complaints = append(*complaints, e.ExceptionDetails.Error())
		case *runtime.EventConsoleAPICalled:
			*complaints = append(*complaints, "console."+e.Type.String())
		case *log.EventEntryAdded:
			*complaints = append(*complaints, e.Entry.Text)
		}
	})
	if err := chromedp.Run(ctx, log.Enable(), chromedp.Navigate(url), chromedp.WaitVisible(ready)); err != nil {
		t.Fatal(err)
	}
	return ctx, complaints
}
