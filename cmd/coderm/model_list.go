package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"coderm/internal/units"
	"coderm/model"
	"coderm/weights/gguf"
	"coderm/weights/store"
)

// modelInfo is one model as --json prints it.
type modelInfo struct {
	Name     string `json:"name"`
	Title    string `json:"title,omitempty"`
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"` // of the model file
	Path     string `json:"path"`
	Complete bool   `json:"complete"`
	Fetched  *int64 `json:"fetched_bytes,omitempty"` // by this pull
	Writes   string `json:"writes,omitempty"`        // the style of tests that it is asked for
	StandIn  bool   `json:"stand_in,omitempty"`
	Note     string `json:"note,omitempty"`
}

func newModelInfo(m *store.Model) modelInfo {
	i := modelInfo{Name: m.Name, Title: m.Title, Bytes: m.Bytes(), SHA256: m.Model().SHA256,
		Path: m.Path, Complete: m.Complete, Note: m.Note}
	if f, err := gguf.Open(m.Path); err == nil && m.Complete {
		p := model.PresetFor(f.Text("general.name"), uint64(f.Parameters()))
		i.Writes, i.StandIn = string(p.Prompt.Extract), p.StandIn
	}
	return i
}

// use is what a model is for.
func (i modelInfo) use() string {
	switch {
	case i.StandIn:
		return i.Writes + "s, as a stand-in"
	case i.Writes != "":
		return i.Writes + "s"
	}
	return ""
}

func (a *app) modelListCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the models on this machine",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := userStore()
			if err != nil {
				return err
			}
			models, listErr := s.List()
			infos := make([]modelInfo, 0, len(models))
			rows := make([][]string, 0, len(models))
			for _, m := range models {
				info := newModelInfo(m)
				infos = append(infos, info)
				state := "ready"
				if !m.Complete {
					state = "incomplete: pull it again"
				}
				rows = append(rows, []string{m.Name, units.Bytes(m.Bytes()), m.Model().SHA256[:12], state, info.use(), m.Title})
			}
			switch {
			case a.json:
				err = a.printJSON(infos)
			case len(rows) == 0:
				_, err = fmt.Fprintf(a.stdout, "No models in %s. 'coderm model pull default' fetches a small one.\n", s.Dir())
			default:
				err = writeTable(a.stdout, []string{"NAME", "SIZE", "SHA-256", "STATE", "WRITES", "TITLE"}, rows)
			}
			if err != nil {
				return err
			}
			return listErr
		},
	}
}
