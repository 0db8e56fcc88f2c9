// Package model asks a language model behind an endpoint that speaks the chat
// protocol of OpenAI, for example a local server.
//
// A question flows in, a text flows out. Nothing is sent unless the user has set
// an endpoint, and nothing but the question; what must not leave the machine is
// for the caller to take out. No variable of the environment is read here.
package model

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/sashabaranov/go-openai"
)

// Config says whom to ask.
type Config struct {
	URL     string        // base of the interface, for example http://localhost:11434/v1
	Model   string        // name of the model
	Key     string        // "" for a server that asks for none
	Timeout time.Duration // of the whole question; default 60 s
}

// maxAnswer bounds the answer, in tokens and, for servers that know no bound, in
// bytes.
const (
	maxAnswerTokens = 700
	maxAnswerBytes  = 16 << 10
)

// Check says what of the configuration is missing or no URL.
func (c Config) Check() error {
	u, err := url.Parse(c.URL)
	switch {
	case c.URL == "" || c.Model == "":
		return errors.New("no model is set")
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return fmt.Errorf("%q is no URL of an interface", c.URL)
	}
	return nil
}

// Ask returns the answer to a question. An empty answer is an error, and so is
// one that was withheld.
func (c Config) Ask(ctx context.Context, role, question string) (string, error) {
	if err := c.Check(); err != nil {
		return "", err
	}
	if c.Timeout <= 0 {
		c.Timeout = time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	client := openai.DefaultConfig(c.Key)
	client.BaseURL = strings.TrimSuffix(c.URL, "/")
	got, err := openai.NewClientWithConfig(client).CreateChatCompletion(ctx, openai.ChatCompletionRequest{
		Model: c.Model,
		Messages: []openai.ChatCompletionMessage{
			{Role: openai.ChatMessageRoleSystem, Content: role},
			{Role: openai.ChatMessageRoleUser, Content: question},
		},
		MaxCompletionTokens: maxAnswerTokens,
	})
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return "", fmt.Errorf("%s did not answer within %s", c.URL, c.Timeout)
	}
	if err != nil {
		return "", err
	}
	if len(got.Choices) == 0 {
		return "", errors.New("it gave no answer")
	}
	m := got.Choices[0].Message
	text := strings.TrimSpace(m.Content)
	switch {
	case m.Refusal != "":
		return "", fmt.Errorf("it refused: %s", m.Refusal)
	case text == "":
		return "", errors.New("its answer is empty")
	case len(text) > maxAnswerBytes:
		text = strings.ToValidUTF8(text[:maxAnswerBytes], "") + "…"
	}
	return text, nil
}
