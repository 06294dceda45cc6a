{{/* The pod of one process; given root, process, words (what `python -m` runs), serves (has metrics), home. */}}
{{- define "leeway.pod" -}}
{{- $root := .root -}}
{{- $values := index $root.Values .process -}}
metadata:
  labels:
    {{- include "leeway.labels" . | nindent 4 }}
    {{- with $root.Values.podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  annotations:
    leeway/declaration: {{ $root.Values.declaration | sha256sum }} # another declaration starts other pods
    {{- with $root.Values.podAnnotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  serviceAccountName: {{ include "leeway.name" $root }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: 60
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  {{- with $root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- with $root.Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with $root.Values.nodeSelector }}
  nodeSelector: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with $root.Values.tolerations }}
  tolerations: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- if .spread }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{ include "leeway.selector" . | nindent 10 }}
  {{- end }}
  {{- if not .serves }}
  restartPolicy: OnFailure
  {{- end }}
  containers:
    - name: {{ .process }}
      image: {{ include "leeway.image" $root }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      command: [python, -m]
      args: {{ toJson .words }}
      env:
        - name: POD_NAME
          valueFrom: {fieldRef: {fieldPath: metadata.name}}
        - name: LEEWAY_KAFKA
          value: {{ $root.Values.kafka.bootstrap | quote }}
        - name: LEEWAY_POSTGRES
          valueFrom: {secretKeyRef: {{ toJson $root.Values.postgres.secret }}}
        - name: LEEWAY_MLFLOW
          value: {{ $root.Values.mlflow.url | quote }}
        {{- if .serves }}
        - name: LEEWAY_METRICS
          value: "0.0.0.0:9100"
        {{- end }}
        {{- if ne .process "retrainer" }}
        - name: OMP_NUM_THREADS # small batches are scored fastest by one thread; training may use all
          value: "1"
        {{- end }}
      {{- with $root.Values.mlflow.secret }}
      envFrom:
        - secretRef: {name: {{ . }}}
      {{- end }}
      {{- if .serves }}
      ports:
        - {name: metrics, containerPort: 9100}
      startupProbe:
        httpGet: {path: /health/live, port: metrics}
        periodSeconds: 5
        failureThreshold: 60
      livenessProbe:
        httpGet: {path: /health/live, port: metrics}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: {path: /health/ready, port: metrics}
        periodSeconds: 5
        timeoutSeconds: 5
      {{- end }}
      resources: {{ toYaml $values.resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      volumeMounts:
        - {name: declaration, mountPath: /etc/leeway, readOnly: true}
        - {name: home, mountPath: /var/lib/leeway}
        - {name: tmp, mountPath: /tmp}
  volumes:
    - name: declaration
      configMap: {name: {{ include "leeway.name" $root }}}
    - name: tmp
      emptyDir: {sizeLimit: 1Gi}
    {{- if not (dig "home" "volume" false $values) }}
    - name: home
      emptyDir: {sizeLimit: {{ dig "home" "size" "1Gi" $values }}}
    {{- else if .claim }}
    - name: home
      persistentVolumeClaim: {claimName: {{ .claim }}}
    {{- end }}
{{- end }}

{{/* The claim of a home; given its values. */}}
{{- define "leeway.claim" -}}
accessModes: [ReadWriteOnce]
{{- with .storageClass }}
storageClassName: {{ . }}
{{- end }}
resources: {requests: {storage: {{ .size }}}}
{{- end }}
