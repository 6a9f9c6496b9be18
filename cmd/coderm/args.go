package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// noArgs refuses arguments, as a usage error.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError("unexpected argument %q (see '%s --help')", args[0], c.CommandPath())
	}
	return nil
}

// oneArg wants exactly one argument, described by what.
func oneArg(what string) cobra.PositionalArgs { return exactArgs(1, what) }

// exactArgs wants n arguments, described by what.
func exactArgs(n int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != n {
			return usageError("give %s (see '%s --help')", what, c.CommandPath())
		}
		return nil
	}
}

// atMostOneArg wants one argument, described by what, or none.
func atMostOneArg(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > 1 {
			return usageError("give %s at most (see '%s --help')", what, c.CommandPath())
		}
		return nil
	}
}

// group makes c a command that only holds others, and says so when none of them
// is named; cobra would print its help and end well.
func group(c *cobra.Command, commands ...*cobra.Command) *cobra.Command {
	c.AddCommand(commands...)
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usageError("unknown command %q for %q (see '%s --help')", args[0], c.CommandPath(), c.CommandPath())
		}
		return usageError("give one of the commands of %q (see '%s --help')", c.CommandPath(), c.CommandPath())
	}
	return c
}

// refuse fails at the first of the flags that was given.
func refuse(flags *pflag.FlagSet, why string, names ...string) error {
	for _, name := range names {
		if flags.Changed(name) {
			return usageError("--%s %s", name, why)
		}
	}
	return nil
}
