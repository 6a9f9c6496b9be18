package kubernetes

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	strict "sigs.k8s.io/yaml"
)

// Every document is what Kubernetes' own types know, to the last field, and the parts of
// a Job fit together.
func TestFiles(t *testing.T) {
	paths, err := filepath.Glob("*.yaml")
	if err != nil || len(paths) != 2 {
		t.Fatalf("%v, %v", paths, err)
	}
	kinds := map[string]int{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for r := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text))); ; {
			doc, err := r.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			var kind meta.TypeMeta
			if err == nil {
				err = strict.Unmarshal(doc, &kind)
			}
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			kinds[kind.APIVersion+" "+kind.Kind]++
			switch kind.Kind {
			case "Job":
				var job batch.Job
				if err := strict.UnmarshalStrict(doc, &job); err != nil {
					t.Errorf("%s: %v", path, err)
				}
				checkJob(t, job)
			case "PersistentVolumeClaim":
				var claim core.PersistentVolumeClaim
				if err := strict.UnmarshalStrict(doc, &claim); err != nil {
					t.Errorf("%s: %v", path, err)
				}
			}
		}
	}
	if kinds["batch/v1 Job"] != 3 || kinds["v1 PersistentVolumeClaim"] != 1 || len(kinds) != 2 {
		t.Errorf("the files hold %v", kinds)
	}
}

func checkJob(t *testing.T, job batch.Job) {
	t.Helper()
	pod := job.Spec.Template.Spec
	if pod.RestartPolicy != core.RestartPolicyNever { // podFailurePolicy wants it
		t.Errorf("%s: restartPolicy %s", job.Name, pod.RestartPolicy)
	}
	if job.Spec.CompletionMode == nil {
		return
	}
	args := pod.Containers[0].Args
	const shards = "--shard=auto/"
	i := slices.IndexFunc(args, func(a string) bool { return strings.HasPrefix(a, shards) })
	if *job.Spec.CompletionMode != batch.IndexedCompletion || i < 0 {
		t.Fatalf("%s: %s with %v", job.Name, *job.Spec.CompletionMode, args)
	}
	if n := strings.TrimPrefix(args[i], shards); n != strconv.Itoa(int(*job.Spec.Completions)) {
		t.Errorf("%s: %d completions of %s shards", job.Name, *job.Spec.Completions, n)
	}
	for _, r := range job.Spec.PodFailurePolicy.Rules {
		if c := r.OnExitCodes; c != nil && *c.ContainerName != pod.Containers[0].Name {
			t.Errorf("%s: a rule for container %s", job.Name, *c.ContainerName)
		}
	}
}
