package model

import (
	"strings"
	"sync"
	"testing"
)

// Templates without measure end in a line that says what they lacked, and this
// process takes no harm.
func TestHostileTemplates(t *testing.T) {
	const memory, stack, slow = "MiB of memory", "MiB of", "processor time" // under the race detector memory is short before the stack
	tests := []struct{ name, source, want string }{
		{"endless", "{% for a in range(100000) %}{% for b in range(100000) %}{% for c in range(100000) %}{% endfor %}{% endfor %}{% endfor %}", slow},
		{"range", "{{ range(99999999999)|length }}", memory},
		{"repeated string", `{{ "a" * 9999999999 }}`, memory},
		{"doubling", `{% set ns = namespace(x="a"*1000) %}{% for i in range(40) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x }}`, memory},
		{"replace", `{{ ("a"*100000)|replace("a","b"*100000) }}`, memory},
		{"join", `{{ range(100000)|join("b"*100000) }}`, memory},
		{"indent", `{{ "x\ny"|indent(999999999) }}`, memory},
		{"output", `{% for i in range(20) %}{{ "a" * 1000000 }}{% endfor %}`, "bytes"},
		{"recursive macro", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", stack},
		{"two macros", "{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{{ f() }}{% endmacro %}{{ f() }}", stack},
		{"brackets", "{{" + strings.Repeat("[", 500000) + strings.Repeat("]", 500000) + "}}", stack},
		{"huge", strings.Repeat("{# #}", 1<<20), "refused"},
		{"list in itself", "{% set l = [] %}{% set _ = l.append(l) %}{{ l }}", stack},
		{"namespace in itself", "{% set ns = namespace() %}{% set ns.a = ns %}{{ ns|tojson }}", stack},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tmpl, err := NewTemplate(tt.source, "", "")
			if err == nil {
				tmpl.Close()
				t.Fatal("it was rendered")
			}
			if msg := err.Error(); !strings.Contains(msg, tt.want) || strings.Contains(msg, "\n") || len(msg) > 500 {
				t.Errorf("%q, want it to speak of %q", msg, tt.want)
			}
		})
	}
}

// A conversation keeps its turns, and a template its own opinion of them.
func TestTurns(t *testing.T) {
	tmpl, err := NewTemplate("{% for m in messages %}{% if m.role == 'tool' %}{{ raise_exception('no tools') }}{% endif %}<{{ m.role }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}", "", "")
	if err != nil {
		t.Fatal(err)
	}
	defer tmpl.Close()
	turns := []Message{{"system", "Be short."}, {"user", "1+1?"}, {"assistant", "2"}, {"user", "+1?"}}
	if got, err := tmpl.Chat(turns); err != nil || got != "<system>Be short.<user>1+1?<assistant>2<user>+1?<assistant>" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := tmpl.Chat([]Message{{"tool", "x"}}); err == nil || !strings.Contains(err.Error(), "no tools") {
		t.Errorf("%v", err)
	}
	if got, err := tmpl.Render("x"); err != nil || got != "<user>x<assistant>" { // it goes on
		t.Errorf("%q, %v", got, err)
	}
}

// A template's line ends are as Jinja has them: "\n", and none at its end.
func TestTemplateLineEnds(t *testing.T) {
	for source, want := range map[string]string{
		"{{ messages[0].content }}\n":                                       "x",
		"{{ messages[0].content }}\r\n":                                     "x",
		"{{ messages[0].content }}\n\n":                                     "x\n",
		"{{ messages[0].content }}{{ '\\n' }}\n":                            "x\n",
		"{% if true %}\r\n{{ messages[0].content }}\r\n{% endif %}\r\na\rb": "x\na\nb",
	} {
		tmpl, err := NewTemplate(source, "", "")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := tmpl.Render("x"); err != nil || got != want {
			t.Errorf("%q gives %q, %v, want %q", source, got, err, want)
		}
		tmpl.Close()
	}
}

// What one conversation does to a template's process is no other's trouble.
func TestTemplateOutlivesItsProcess(t *testing.T) {
	tmpl, err := NewTemplate("{% macro f() %}{{ f() }}{% endmacro %}{% if 'deep' in messages[0].content %}{{ f() }}{% elif 'no' in messages[0].content %}{{ raise_exception('not so') }}{% endif %}{{ bos_token + messages[0].content }}", "\xff<s>", "")
	if err != nil {
		t.Fatal(err)
	}
	defer tmpl.Close()
	for range 2 {
		if _, err := tmpl.Render("deep"); err == nil || !strings.Contains(err.Error(), "MiB of") {
			t.Errorf("a deep one: %v", err)
		}
		if _, err := tmpl.Render("no"); err == nil || !strings.Contains(err.Error(), "not so") {
			t.Errorf("an exception of its own: %v", err)
		}
		if got, err := tmpl.Render("a\x80b\n"); err != nil || got != "\xff<s>a\x80b\n" {
			t.Errorf("the next one: %q, %v", got, err)
		}
	}
	var g sync.WaitGroup
	for _, text := range []string{"a", "b", "deep", "c"} {
		g.Go(func() {
			if got, err := tmpl.Render(text); text != "deep" && (err != nil || got != "\xff<s>"+text) {
				t.Errorf("%q beside others: %q, %v", text, got, err)
			}
		})
	}
	g.Wait()
	if err := tmpl.Close(); err != nil {
		t.Error(err)
	}
}
