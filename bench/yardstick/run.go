package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// measurement is what the kernel says about a program and those of its children that it waited for.
type measurement struct {
	Code          int     `json:"code"`
	WallSeconds   float64 `json:"wallSeconds"`
	UserSeconds   float64 `json:"userSeconds"`
	SystemSeconds float64 `json:"systemSeconds"`
	PeakRssBytes  int64   `json:"peakRssBytes"`
}

// run starts a program, waits for it, and writes what it used: run <report> <program> [argument...]
//
// The program's exit status is in the report. The clock starts before the fork and stops when wait4 returns.
func run(args []string) error {
	command := exec.Command(args[1], args[2:]...)
	command.Stdout = os.Stdout
	command.Stderr = os.Stderr
	started := time.Now()
	err := command.Run()
	wall := time.Since(started)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	usage := command.ProcessState.SysUsage().(*syscall.Rusage)
	rss := int64(usage.Maxrss)
	if runtime.GOOS != "darwin" {
		rss *= 1024
	}
	report, err := json.Marshal(measurement{
		Code:          command.ProcessState.ExitCode(),
		WallSeconds:   wall.Seconds(),
		UserSeconds:   command.ProcessState.UserTime().Seconds(),
		SystemSeconds: command.ProcessState.SystemTime().Seconds(),
		PeakRssBytes:  rss,
	})
	if err != nil {
		return err
	}
	return os.WriteFile(args[0], report, 0o644)
}
