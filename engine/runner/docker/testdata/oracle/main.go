// Command oracle is a service under test that becomes ready in every way in
// which a service can be waited for, after a while, and tells what it is asked.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
)

func main() {
	delay, err := time.ParseDuration(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	checks := health.NewServer()
	checks.SetServingStatus("", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	checks.SetServingStatus("never", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	g := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(g, checks)
	l, err := net.Listen("tcp", "127.0.0.1:50051")
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Fatal(g.Serve(l)) }()
	ready, become := context.WithCancel(context.Background())
	defer become()
	http.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		if ready.Err() == nil {
			http.Error(w, "still warming up", http.StatusServiceUnavailable)
		}
	})
	http.HandleFunc("/teapot", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	go func() { log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil)) }()
	fmt.Println("ready for nothing yet")
	fmt.Println("migration done")
	<-time.After(delay)
	fmt.Println("worker 1 ready")
	fmt.Println("worker 2 ready")
	become() // it has said so before
	checks.SetServingStatus("", grpc_health_v1.HealthCheckResponse_SERVING)
	if err := os.WriteFile("/ready", nil, 0o644); err != nil {
		log.Fatal(err)
	}
	late, err := net.Listen("tcp", "127.0.0.1:9000")
	if err != nil {
		log.Fatal(err)
	}
	for {
		c, err := late.Accept()
		if err != nil {
			log.Fatal(err)
		}
		_ = c.Close()
	}
}
