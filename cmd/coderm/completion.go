package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"coderm/budget"
	"coderm/eval"
	"coderm/model"
	"coderm/passfile"
	"coderm/problem"
	"coderm/problem/convert"
	"coderm/rerank"
	"coderm/run"
	"coderm/weights/store"
)

// What a shell completes a word to. Where nothing is said a shell names files.
type completion = func(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective)

const noFiles = cobra.ShellCompDirectiveNoFileComp

func oneOf(values ...string) completion { return cobra.FixedCompletions(values, noFiles) }

func folders(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// orFiles offers the values, and files beside them.
func orFiles(values func() []string) completion {
	return func(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		var out []string
		for _, v := range values() {
			if strings.HasPrefix(v, word) {
				out = append(out, v)
			}
		}
		if len(out) > 0 {
			return out, noFiles
		}
		return nil, cobra.ShellCompDirectiveDefault
	}
}

// listOf offers values for the last element of a list.
func listOf(values func(c *cobra.Command) []string) completion {
	return func(c *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		before := word[:strings.LastIndexByte(word, ',')+1]
		var out []string
		for _, v := range values(c) {
			out = append(out, before+v)
		}
		return out, noFiles | cobra.ShellCompDirectiveNoSpace
	}
}

// flagValues are the values of flags by their names; those of other flags are files,
// folders or numbers, as their usage says.
func flagValues() map[string]completion {
	return map[string]completion{
		"selector":        selectors,
		"granularity":     oneOf(string(rerank.ByClass), string(rerank.ByMethod)),
		"policy":          oneOf(append(budget.Policies(), budget.PolicyDifficulty)...),
		"style":           oneOf(string(problem.Unittest), string(problem.Assert)),
		"prompt-form":     oneOf(texts(model.Forms())...),
		"extraction":      oneOf(texts(model.Extractings())...),
		"prompt-solution": orFiles(run.PromptSolutions),
		"ground-truth":    oneOf(string(eval.GroundCheck), string(eval.GroundBase), string(eval.GroundPlus)),
		"labels":          oneOf(string(passfile.LabelTruth), string(passfile.LabelTruthBase)),
		"split":           oneOf("layer", "row", "tensor", "none"),
		"kv-type":         oneOf("auto", "f16", "q8_0"),
		"gpu-layers":      oneOf("auto", "none"),
		"model-process":   oneOf("auto", "own", "shared"),
		"server":          listOf(func(*cobra.Command) []string { return []string{"ollama=", "openai="} }),
		"model":           orFiles(models),
		"only":            listOf(taskIDs),
	}
}

// selectors are names of selectors; eval takes a list of them.
func selectors(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, r := range rerank.Rules() {
		names = append(names, string(r), string(r)+"+public")
	}
	if c.Flags().Lookup("selector").Value.Type() != "stringSlice" {
		return names, noFiles
	}
	return listOf(func(*cobra.Command) []string { return names })(c, args, word)
}

func texts[T ~string](list []T) (out []string) {
	for _, x := range list {
		out = append(out, string(x))
	}
	return out
}

// models are the names in the store.
func models() (names []string) {
	s, err := store.Default()
	if err != nil {
		return nil
	}
	list, _ := s.List() // what can be read of it
	for _, m := range list {
		names = append(names, m.Name)
	}
	return names
}

// mostOffered bounds how many task_ids a shell is given.
const mostOffered = 2000

var errEnough = errors.New("enough")

// taskIDs are those of the file that --problems names.
func taskIDs(c *cobra.Command) (ids []string) {
	f := c.Flags().Lookup("problems")
	if f == nil || f.Value.String() == "" {
		return nil
	}
	in, err := problem.Open(f.Value.String())
	if err != nil {
		return nil
	}
	defer in.Close()
	in.EachProblem(func(_ int, p problem.Problem) error { // as far as it can be read
		if ids = append(ids, p.ID); len(ids) == mostOffered {
			return errEnough
		}
		return nil
	})
	return ids
}

// runThenTask offers a run's folder, and then a problem of it.
func runThenTask(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) != 1 {
		return folders(c, args, word)
	}
	recorded, err := run.Read(c.Context(), args[0])
	if err != nil {
		return nil, noFiles
	}
	defer recorded.Close()
	ids, _ := recorded.TaskIDs(c.Context())
	return ids, noFiles
}

// addCompletions tells the shells what every flag and argument may be.
func addCompletions(root *cobra.Command) {
	byName := flagValues()
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if fn := completionOf(byName, c, f); fn != nil {
				c.RegisterFlagCompletionFunc(f.Name, fn)
			}
		})
		if c.ValidArgsFunction == nil {
			c.ValidArgsFunction = argsOf(c)
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

// completionOf is what a flag may be; nil for files.
func completionOf(byName map[string]completion, c *cobra.Command, f *pflag.Flag) completion {
	if c.Name() == "import" && f.Name == "from" {
		return oneOf(convert.Formats()...)
	}
	if fn, ok := byName[f.Name]; ok {
		return fn
	}
	switch what, _ := pflag.UnquoteUsage(f); what {
	case "FOLDER":
		return folders
	case "FILE", "string", "strings":
		return nil
	}
	return cobra.NoFileCompletions
}

// argsOf is what a command's arguments may be.
func argsOf(c *cobra.Command) completion {
	switch use := c.Use; {
	case strings.HasPrefix(use, "explain "):
		return runThenTask
	case strings.Contains(use, " RUN"), strings.HasPrefix(use, "compare "), strings.HasPrefix(use, "example "):
		return folders
	case c.Parent() != nil && c.Parent().Name() == "model":
		return orFiles(models)
	case !strings.Contains(use, " "), strings.HasPrefix(strings.TrimPrefix(use, c.Name()+" "), "-"):
		return cobra.NoFileCompletions
	}
	return nil
}
