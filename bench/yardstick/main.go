// Command yardstick measures other programs, and moves bytes with nothing else to do: the limits they are compared with.
//
// It is Go and not TypeScript for two reasons: Node cannot ask the kernel what a child has used (wait4), and a limit
// must not itself be bounded by Node. It needs the standard library only.
package main

import (
	"fmt"
	"os"
	"strconv"
)

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: yardstick run|send|receive|hash|serves|touch ..."))
	}
	verbs := map[string]func([]string) error{
		"run":     run,
		"send":    send,
		"receive": receive,
		"hash":    hashFiles,
		"serves":  serves,
		"touch":   touch,
	}
	verb, known := verbs[os.Args[1]]
	if !known {
		fail(fmt.Errorf("no verb %q", os.Args[1]))
	}
	if err := verb(os.Args[2:]); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "yardstick:", err)
	os.Exit(1)
}

// touch writes to every page of so many MiB and ends: memory that a virtual machine has never used, or has given back
// to its host, is slow the first time, and that is not to be charged to the program that is measured next.
func touch(args []string) error {
	mebibytes, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	memory := make([]byte, mebibytes<<20)
	for at := 0; at < len(memory); at += 4096 {
		memory[at] = 1
	}
	return nil
}
