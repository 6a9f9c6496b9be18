package difficulty

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// maxFile is far above any classifier: 4,096 wide hidden states make 3 MB.
const maxFile = 64 << 20

// Write writes the classifier's file: JSON, one object.
func (c *Classifier) Write(w io.Writer) error {
	return json.NewEncoder(w).Encode(c)
}

// Read reads a classifier's file and checks it whole, so that predicting never
// fails on its shapes.
func Read(r io.Reader) (*Classifier, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("the classifier file is larger than %d MB", maxFile>>20)
	}
	var c Classifier
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, fmt.Errorf("not a classifier file: %w", err)
	}
	if c.Format != Format {
		return nil, fmt.Errorf("not a classifier file: its format is %q, not %q", c.Format, Format)
	}
	if c.Version != Version {
		return nil, fmt.Errorf("the classifier file has version %d, this program reads %d; fit it again", c.Version, Version)
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("the classifier file is damaged: %w", err)
	}
	return &c, nil
}

func (c *Classifier) check() error {
	if c.Gain == nil || c.Selector == "" {
		return errors.New("no gain model or no selector in it")
	}
	if err := c.Gain.checkFile(); err != nil {
		return fmt.Errorf("gain: %w", err)
	}
	if (c.Rate == nil) != (c.Curves == nil) {
		return errors.New("pass_rate and curves go together")
	}
	if c.Rate == nil {
		return nil
	}
	if err := c.Rate.checkFile(); err != nil {
		return fmt.Errorf("pass_rate: %w", err)
	}
	if err := c.Curves.checkFile(); err != nil {
		return fmt.Errorf("curves: %w", err)
	}
	if c.Rate.Use.Hidden && c.Model == "" {
		return errors.New("it uses hidden states but names no model")
	}
	return nil
}

func (m *GainModel) checkFile() error {
	for _, name := range m.Features {
		if !slices.Contains(pilotNames, name) {
			return fmt.Errorf("feature %q is unknown", name)
		}
	}
	if !(m.Trust >= 0 && m.Trust <= 1 && m.Typical > 0 && m.TypicalRule > 0) {
		return fmt.Errorf("trust %v or typical gain %v out of range", m.Trust, m.Typical)
	}
	n := len(m.Features)
	if m.Change != nil && m.Change.Hidden != 0 || m.Rest != nil && m.Rest.Hidden != 0 {
		return errors.New("its models are linear, but the file has hidden units")
	}
	return errors.Join(m.Scale.checkFile(n), m.Change.checkFile(n, logistic), m.Rest.checkFile(n, identity))
}

func (m *RateModel) checkFile() error {
	inputs := 0
	if m.Use.Text {
		if err := m.TextScale.checkFile(len(textNames)); err != nil {
			return err
		}
		inputs += len(textNames)
	}
	if m.Use.Hidden {
		if m.StateScale == nil || m.Components == nil || len(m.Components.Basis) == 0 {
			return errors.New("the components of the hidden state are missing")
		}
		width := len(m.StateScale.Mean)
		if err := m.StateScale.checkFile(width); err != nil {
			return err
		}
		for _, b := range m.Components.Basis {
			if len(b) != width {
				return fmt.Errorf("a component has %d values instead of %d", len(b), width)
			}
		}
		inputs += len(m.Components.Basis)
	}
	return m.Net.checkFile(inputs, logistic)
}

func (s *scaler) checkFile(n int) error {
	if s == nil || n == 0 || len(s.Mean) != n || len(s.Scale) != n {
		return fmt.Errorf("the scale does not have %d columns", n)
	}
	return nil
}

func (n *network) checkFile(inputs int, l link) error {
	switch {
	case n == nil:
		return errors.New("a network is missing")
	case n.Inputs != inputs || n.Inputs == 0 || n.Link != l:
		return fmt.Errorf("a network has %d inputs and link %q instead of %d and %q", n.Inputs, n.Link, inputs, l)
	case n.Hidden < 0 || n.Hidden > 1<<16 || len(n.Theta) != parameters(n.Inputs, n.Hidden):
		return fmt.Errorf("a network has %d parameters, which does not fit %d inputs and %d hidden units", len(n.Theta), n.Inputs, n.Hidden)
	}
	return nil
}

// maxTests bounds the curves a file may ask for.
const maxTests = 1 << 16

func (c *Curves) checkFile() error {
	if len(c.Rates) == 0 || len(c.Solved) != len(c.Rates) || len(c.Tests) == 0 || c.Tests[0] != 0 {
		return errors.New("the numbers of rates, curves and tests do not fit")
	}
	for i, b := range c.Tests {
		if b > maxTests || i > 0 && b <= c.Tests[i-1] {
			return fmt.Errorf("number of tests %d is out of order or range", b)
		}
	}
	for i, s := range c.Solved {
		if len(s) != len(c.Tests) {
			return fmt.Errorf("curve %d has %d values instead of %d", i, len(s), len(c.Tests))
		}
		if r := c.Rates[i]; math.Abs(r) > 1 || slices.ContainsFunc(s, func(v float64) bool { return v < 0 || v > 1+1e-9 }) {
			return fmt.Errorf("curve %d is not of probabilities", i)
		}
	}
	return nil
}
