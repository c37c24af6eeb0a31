package main

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
)

// client speaks HTTP/1.1, as curl does to a plain registry, and trusts one authority.
func client(caFile string) (*http.Client, error) {
	transport := &http.Transport{ReadBufferSize: 256 << 10, TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}}
	if caFile != "" {
		pem, err := os.ReadFile(caFile)
		if err != nil {
			return nil, err
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(pem)
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	return &http.Client{Transport: transport}, nil
}

// inParallel runs a job per item, so many at a time, and returns the first error.
func inParallel[T any](items []T, limit int, job func(T) error) error {
	var group sync.WaitGroup
	var first error
	var once sync.Once
	slots := make(chan struct{}, limit)
	for _, item := range items {
		group.Add(1)
		slots <- struct{}{}
		go func() {
			defer group.Done()
			defer func() { <-slots }()
			if err := job(item); err != nil {
				once.Do(func() { first = err })
			}
		}()
	}
	group.Wait()
	return first
}

// send uploads files whose digests are known, without hashing: send [-ca file] <repository url> <digest>=<file>...
func send(args []string) error {
	flags := flag.NewFlagSet("send", flag.ExitOnError)
	caFile := flags.String("ca", "", "certificate authorities, PEM")
	if err := flags.Parse(args); err != nil {
		return err
	}
	http_, err := client(*caFile)
	if err != nil {
		return err
	}
	repository := flags.Arg(0)
	return inParallel(flags.Args()[1:], 4, func(pair string) error {
		digest, path, _ := strings.Cut(pair, "=")
		return sendOne(http_, repository, digest, path)
	})
}

func sendOne(client *http.Client, repository, digest, path string) error {
	started, err := client.Post(repository+"/blobs/uploads/", "application/octet-stream", nil)
	if err != nil {
		return err
	}
	started.Body.Close()
	location, err := started.Location()
	if err != nil {
		return fmt.Errorf("POST answered %s without a location: %w", started.Status, err)
	}
	query := location.Query()
	query.Set("digest", digest)
	location.RawQuery = query.Encode()
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	stat, err := file.Stat()
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodPut, location.String(), file)
	if err != nil {
		return err
	}
	request.ContentLength = stat.Size()
	request.Header.Set("Content-Type", "application/octet-stream")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		return fmt.Errorf("PUT %s answered %s", path, response.Status)
	}
	return nil
}

// receive writes blobs to files, without hashing: receive [-ca file] [-connections n] <file>=<url>...
func receive(args []string) error {
	flags := flag.NewFlagSet("receive", flag.ExitOnError)
	caFile := flags.String("ca", "", "certificate authorities, PEM")
	connections := flags.Int64("connections", 1, "ranges per blob, each over a connection of its own")
	if err := flags.Parse(args); err != nil {
		return err
	}
	http_, err := client(*caFile)
	if err != nil {
		return err
	}
	return inParallel(flags.Args(), 4, func(pair string) error {
		path, location, _ := strings.Cut(pair, "=")
		file, err := os.Create(path)
		if err != nil {
			return err
		}
		defer file.Close()
		if *connections == 1 {
			return receiveRange(http_, location, "", file)
		}
		return receiveRanges(http_, location, path, *connections)
	})
}

func receiveRanges(client *http.Client, location, path string, connections int64) error {
	head, err := client.Head(location)
	if err != nil {
		return err
	}
	head.Body.Close()
	starts := make([]int64, connections)
	part := (head.ContentLength + connections - 1) / connections
	for i := range starts {
		starts[i] = int64(i) * part
	}
	// A file of a few bytes has fewer ranges than there are connections.
	for len(starts) > 1 && starts[len(starts)-1] >= head.ContentLength {
		starts = starts[:len(starts)-1]
	}
	return inParallel(starts, len(starts), func(start int64) error {
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		defer file.Close()
		if _, err := file.Seek(start, io.SeekStart); err != nil {
			return err
		}
		end := min(start+part, head.ContentLength) - 1
		return receiveRange(client, location, fmt.Sprintf("bytes=%d-%d", start, end), file)
	})
}

func receiveRange(client *http.Client, location, wanted string, file *os.File) error {
	request, err := http.NewRequest(http.MethodGet, location, nil)
	if err != nil {
		return err
	}
	if wanted != "" {
		request.Header.Set("Range", wanted)
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("GET %s answered %s", location, response.Status)
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{file}, response.Body, make([]byte, 256<<10))
	return err
}

// hashFiles prints the SHA-256 of files, as many at a time as there are processors: hash <file>...
func hashFiles(paths []string) error {
	digests := make(map[string]string, len(paths))
	var lock sync.Mutex
	err := inParallel(paths, runtime.NumCPU(), func(path string) error {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		hash := sha256.New()
		if _, err := io.CopyBuffer(hash, struct{ io.Reader }{file}, make([]byte, 1<<20)); err != nil {
			return err
		}
		lock.Lock()
		defer lock.Unlock()
		digests[path] = hex.EncodeToString(hash.Sum(nil))
		return nil
	})
	for _, path := range paths {
		fmt.Printf("sha256:%s %s\n", digests[path], path)
	}
	return err
}

// serves fails unless a registry serves these blobs with these digests: serves [-ca file] <repository url> <digest>...
func serves(args []string) error {
	flags := flag.NewFlagSet("serves", flag.ExitOnError)
	caFile := flags.String("ca", "", "certificate authorities, PEM")
	if err := flags.Parse(args); err != nil {
		return err
	}
	http_, err := client(*caFile)
	if err != nil {
		return err
	}
	return inParallel(flags.Args()[1:], runtime.NumCPU(), func(digest string) error {
		location, err := url.JoinPath(flags.Arg(0), "blobs", digest)
		if err != nil {
			return err
		}
		response, err := http_.Get(location)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		hash := sha256.New()
		if _, err := io.CopyBuffer(hash, response.Body, make([]byte, 1<<20)); err != nil {
			return err
		}
		if got := "sha256:" + hex.EncodeToString(hash.Sum(nil)); got != digest {
			return fmt.Errorf("%s is served as %s (%s)", digest, got, response.Status)
		}
		return nil
	})
}
