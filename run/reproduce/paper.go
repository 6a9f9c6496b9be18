package reproduce

import "coderm/eval"

// Figures are the paper's for one benchmark and policy model, in percent: the
// accuracy of a random solution, and of the best of 100 by 100 tests of CodeRM-8B.
type Figures struct {
	Vanilla float64 `json:"vanilla"`
	Best    float64 `json:"best"`
}

// paper are the best-of-100 figures of Ma et al. (table 2, and the README of the
// reference implementation), by benchmark and policy as its files are called.
var paper = map[[2]string]Figures{
	{"humaneval+", "llama3-8b"}:                 {53.58, 72.01},
	{"humaneval+", "llama3-70b"}:                {73.74, 78.69},
	{"humaneval+", "gpt-3.5-turbo"}:             {67.83, 78.01},
	{"humaneval+", "gpt-4o-mini-2024-07-18"}:    {82.96, 86.38},
	{"mbpp+", "llama3-8b"}:                      {49.20, 66.71},
	{"mbpp+", "llama3-70b"}:                     {69.33, 72.44},
	{"mbpp+", "gpt-3.5-turbo"}:                  {70.53, 75.96},
	{"mbpp+", "gpt-4o-mini-2024-07-18"}:         {71.59, 75.20},
	{"livecodebench", "llama3-8b"}:              {11.98, 15.21},
	{"livecodebench", "llama3-70b"}:             {25.30, 27.73},
	{"livecodebench", "gpt-3.5-turbo"}:          {20.55, 21.76},
	{"livecodebench", "gpt-4o-mini-2024-07-18"}: {34.83, 39.20},
}

// paperJudge is whose tests the figures are of.
const paperJudge = "coderm-8b"

// paperQuality is the quality of CodeRM-8B's tests on HumanEval+, with Llama3.1-8B as
// policy, whose solutions are not among the published files.
var paperQuality = []eval.Quality{
	{Mode: "individual", Tests: "class", Acc: 0.6964, F1: 0.6363, FAR: 0.1117, FRR: 0.3855},
	{Mode: "multiple", Tests: "class", Acc: 0.8046, F1: 0.8127, FAR: 0.1648, FRR: 0.2271},
}
