// A server whose requests need a key, with nothing but Go's standard library and plain HTTP:
//
//	LATCHKEY_URL=https://keys.example.com LATCHKEY_KEY=sk_live_… go run guard.go 8000
//
// The statuses are those of the gate (docs/API.md, "Verification codes"). Where nobody can be asked, nobody passes.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

var (
	url, key = os.Getenv("LATCHKEY_URL"), os.Getenv("LATCHKEY_KEY")
	// A key goes where it was sent, and nowhere else.
	client = &http.Client{
		Timeout:       5 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	refusedAs401 = map[string]bool{
		"NOT_FOUND": true, "REVOKED": true, "DISABLED": true, "EXPIRED": true, "NOT_YET_VALID": true,
		"ORGANIZATION_SUSPENDED": true, "SESSION_DISCONNECTED": true,
	}
)

type decision struct {
	Valid      bool    `json:"valid"`
	Code       string  `json:"code"`
	Name       string  `json:"name"`
	ExternalID *string `json:"externalId"`
}

// verify decides on a key. An error says that nobody could be asked, and nothing about the key.
func verify(presented, permission, address string) (*decision, error) {
	body, err := json.Marshal(map[string]string{"key": presented, "permissions": permission, "ip": address})
	if err != nil {
		return nil, err
	}
	question, err := http.NewRequest(http.MethodPost, url+"/v1/keys/verify", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	question.Header.Set("Authorization", "Bearer "+key)
	question.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(question)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	// Also if our own key is refused: that says nothing about the one that was presented.
	if answer.StatusCode != http.StatusOK {
		return nil, errors.New(answer.Status)
	}
	var decided decision
	if err := json.NewDecoder(answer.Body).Decode(&decided); err != nil {
		return nil, err
	}
	return &decided, nil
}

// guard runs a handler for requests with a good key only, and tells it whose the key is.
func guard(permission string, handler func(http.ResponseWriter, *decision)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		scheme, presented, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		presented = strings.TrimSpace(presented)
		if !strings.EqualFold(scheme, "bearer") || presented == "" {
			answer(w, http.StatusUnauthorized, "code", "auth_missing_credentials")
			return
		}
		address, _, _ := net.SplitHostPort(r.RemoteAddr)
		decided, err := verify(presented, permission, address)
		switch {
		case err != nil:
			answer(w, http.StatusServiceUnavailable, "code", "verification_unavailable")
		case decided.Valid && decided.Code == "VALID":
			handler(w, decided)
		case refusedAs401[decided.Code]:
			answer(w, http.StatusUnauthorized, "code", decided.Code)
		case decided.Code == "RATE_LIMITED" || decided.Code == "USAGE_EXCEEDED":
			answer(w, http.StatusTooManyRequests, "code", decided.Code)
		default:
			answer(w, http.StatusForbidden, "code", decided.Code)
		}
	}
}

func answer(w http.ResponseWriter, status int, name, value string) {
	w.Header().Set("Content-Type", "application/json")
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="hello"`)
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{name: value})
}

func main() {
	http.HandleFunc("/", guard("hello:say", func(w http.ResponseWriter, caller *decision) {
		hello := caller.Name
		if caller.ExternalID != nil {
			hello = *caller.ExternalID
		}
		answer(w, http.StatusOK, "hello", hello)
	}))
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
