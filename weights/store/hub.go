package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"coderm/weights/chunk"
)

// hubPrefix marks a model of a server with Hugging Face's addresses:
//
//	GET ENDPOINT/api/models/ORG/NAME/revision/REVISION              its commit
//	GET ENDPOINT/api/models/ORG/NAME/tree/COMMIT?recursive=true     its files
//	GET ENDPOINT/ORG/NAME/resolve/COMMIT/FILE                       one of them
//
// (https://huggingface.co/docs/hub/api; HF_ENDPOINT and HF_TOKEN as Hugging Face's own
// programs take them).
const hubPrefix = "hf:"

const hubEndpoint = "https://huggingface.co"

// hubRef is what hf:ORG/NAME[@REVISION][:TYPE] names.
type hubRef struct{ repo, revision, typ string }

var hubRefs = regexp.MustCompile(`^([\w.-]+/[\w.-]+)(?:@([\w./-]+))?(?::([\w.-]+))?$`)

func parseHubRef(text string) (hubRef, error) {
	m := hubRefs.FindStringSubmatch(text)
	if m == nil || slices.Contains(strings.Split(m[2], "/"), "..") {
		return hubRef{}, fmt.Errorf("%q: want hf:ORG/NAME, with @REVISION and :TYPE if wanted, such as hf:KAKA22/CodeRM-8B:Q4_K_M", text)
	}
	return hubRef{m[1], cmp.Or(m[2], "main"), m[3]}, nil
}

// HubName is the name in the store of the model that from (hf:…) names, unless the
// user gives another.
func HubName(from string) (name string, ok bool) {
	text, ok := strings.CutPrefix(from, hubPrefix)
	if !ok {
		return "", false
	}
	ref, err := parseHubRef(text)
	if err != nil {
		return "", false
	}
	_, name, _ = strings.Cut(ref.repo, "/")
	if name = strings.TrimSuffix(strings.ToLower(name), "-gguf"); ref.typ != "" {
		name += "-" + strings.ToLower(ref.typ)
	}
	return plainName(name), true
}

// hub is a model there, at one commit.
type hub struct {
	client   *http.Client
	endpoint string
	hubRef
	commit string
	files  []hubFile
}

// hubFile is one of its files.
type hubFile struct {
	Type string `json:"type"`
	Path string `json:"path"`
	Size int64  `json:"size"`
	LFS  struct {
		SHA256 string `json:"oid"`
	} `json:"lfs"`
}

// openHub finds out what a model there is made of, and returns the source that makes
// a GGUF file of it. A model that the name has from there already is not fetched again.
func (s *Store) openHub(ctx context.Context, name, text string, p chunk.Progress) (chunk.Source, error) {
	ref, err := parseHubRef(text)
	if err != nil {
		return nil, err
	}
	h := &hub{endpoint: strings.TrimRight(cmp.Or(os.Getenv("HF_ENDPOINT"), hubEndpoint), "/"), hubRef: ref}
	if h.client, err = hubClient(h.endpoint); err != nil {
		return nil, err
	}
	if err := h.look(ctx); err != nil {
		return nil, err
	}
	file, err := h.chooseGGUF()
	if err != nil {
		return nil, err
	}
	title := h.repo + " " + cmp.Or(h.typ, "as published") + " (" + h.commit[:min(8, len(h.commit))] + ")"
	if file != nil {
		title = h.repo + " " + file.Path
	}
	if old, err := s.Lookup(name); err == nil && old.Complete && old.Title == title && (file == nil || old.Manifest.Model().SHA256 == file.LFS.SHA256) {
		return s.Source(name)
	}
	if file != nil {
		r, err := openRemote(ctx, h.client, h.address(file.Path))
		if err != nil {
			return nil, err
		}
		return &titled{&httpFile{store: s, r: r, progress: p}, title, file.LFS.SHA256}, nil
	}
	return s.hubFolder(h, title, p)
}

// hubClient sends the user's token to the server alone, not where it redirects to.
func hubClient(endpoint string) (*http.Client, error) {
	at, err := url.Parse(endpoint)
	if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		return nil, fmt.Errorf("HF_ENDPOINT %q: want an address such as %s", endpoint, hubEndpoint)
	}
	c, err := newClient()
	if token := os.Getenv("HF_TOKEN"); err == nil && token != "" {
		c.Transport = &bearer{c.Transport, at.Host, token}
	}
	return c, err
}

type bearer struct {
	http.RoundTripper
	host, token string
}

func (b *bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == b.host {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(b.token))
	}
	return b.RoundTripper.RoundTrip(r)
}

// address is where a file is.
func (h *hub) address(file string) string {
	return h.endpoint + "/" + h.repo + "/resolve/" + h.commit + "/" + (&url.URL{Path: file}).EscapedPath()
}

// look asks for the commit and its files.
func (h *hub) look(ctx context.Context) error {
	var at struct {
		SHA string `json:"sha"`
	}
	api := h.endpoint + "/api/models/" + h.repo
	if err := h.get(ctx, api+"/revision/"+url.PathEscape(h.revision), &at); err != nil {
		return err
	}
	if at.SHA == "" {
		return fmt.Errorf("%s does not say which commit %s is", api, h.revision)
	}
	h.commit = at.SHA
	return h.get(ctx, api+"/tree/"+url.PathEscape(h.commit)+"?recursive=true", &h.files)
}

func (h *hub) get(ctx context.Context, address string, v any) error {
	body, err := fetchSmall(ctx, h.client, address)
	var status *statusError
	switch {
	case errors.As(err, &status) && (status.code == http.StatusUnauthorized || status.code == http.StatusForbidden):
		return fmt.Errorf("%w; if you may have this model, put your token into HF_TOKEN", err)
	case errors.As(err, &status) && status.code == http.StatusNotFound:
		return fmt.Errorf("%w; there is no such model, or no such revision", err)
	case err != nil:
		return err
	}
	defer body.Close()
	const most = 16 << 20
	if err := json.NewDecoder(io.LimitReader(body, most)).Decode(v); err != nil {
		return fmt.Errorf("%s: not what Hugging Face's interface says: %w", address, err)
	}
	return nil
}

// chooseGGUF is the GGUF file that the type names, or the one that people take: none
// where there are none at all.
func (h *hub) chooseGGUF() (*hubFile, error) {
	var all []string
	var found []*hubFile
	for i, f := range h.files {
		if f.Type != "file" || !strings.HasSuffix(f.Path, ".gguf") || strings.Contains(strings.ToLower(f.Path), "mmproj") {
			continue
		}
		all = append(all, f.Path)
		if h.named(f.Path, cmp.Or(h.typ, "Q4_K_M")) {
			found = append(found, &h.files[i])
		}
	}
	if h.typ == "" && len(all) == 1 {
		i := slices.IndexFunc(h.files, func(f hubFile) bool { return f.Path == all[0] })
		found = []*hubFile{&h.files[i]}
	}
	switch {
	case len(all) == 0:
		return nil, nil
	case len(found) == 1:
		return found[0], checkName(found[0].Path)
	case len(found) > 1:
		return nil, errors.Join(checkName(found[0].Path), fmt.Errorf("%s has %d files of that type: %s", h.repo, len(found), found[0].Path))
	}
	return nil, fmt.Errorf("%s has no GGUF file of the type %s; it has %s", h.repo, cmp.Or(h.typ, "Q4_K_M (name another with :TYPE)"), strings.Join(all, ", "))
}

// named tells whether a file's name says the type: it stands between two signs.
func (h *hub) named(path, typ string) bool {
	base := strings.ToLower(strings.TrimSuffix(partName.ReplaceAllString(path, ""), ".gguf"))
	rest, ok := strings.CutSuffix(base, strings.ToLower(typ))
	return ok && (rest == "" || strings.ContainsAny(rest[len(rest)-1:], "-._/"))
}

// titled is a file with the name of where it comes from, and the digest it must have.
type titled struct {
	chunk.Source
	title, sha256 string
}

func (t *titled) Manifest(ctx context.Context) (*chunk.Manifest, error) {
	m, err := t.Source.Manifest(ctx)
	if err != nil {
		return nil, err
	}
	if got := m.Model().SHA256; t.sha256 != "" && got != t.sha256 {
		return nil, fmt.Errorf("what came has the SHA-256 %s, and the server says %s: pull again", got, t.sha256)
	}
	named := *m
	named.Title = t.title
	return &named, nil
}
