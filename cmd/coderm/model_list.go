package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"coderm/internal/units"
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
	Note     string `json:"note,omitempty"`
}

func newModelInfo(m *store.Model) modelInfo {
	return modelInfo{Name: m.Name, Title: m.Title, Bytes: m.Bytes(), SHA256: m.Model().SHA256,
		Path: m.Path, Complete: m.Complete, Note: m.Note}
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
				infos = append(infos, newModelInfo(m))
				state := "ready"
				if !m.Complete {
					state = "incomplete: pull it again"
				}
				rows = append(rows, []string{m.Name, units.Bytes(m.Bytes()), m.Model().SHA256[:12], state, m.Title})
			}
			switch {
			case a.json:
				err = a.printJSON(infos)
			case len(rows) == 0:
				_, err = fmt.Fprintf(a.stdout, "No models in %s. 'coderm model pull default' fetches a small one.\n", s.Dir())
			default:
				err = writeTable(a.stdout, []string{"NAME", "SIZE", "SHA-256", "STATE", "TITLE"}, rows)
			}
			if err != nil {
				return err
			}
			return listErr
		},
	}
}
