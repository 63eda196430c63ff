{{- define "minilab.labels" -}}
app.kubernetes.io/name: minilab
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* Called with a dict of root and component, as those below. */}}
{{- define "minilab.selector" -}}
app.kubernetes.io/name: minilab
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "minilab.meta" -}}
name: {{ .root.Release.Name }}-{{ .component }}
labels:
  {{- include "minilab.labels" .root | nindent 2 }}
  app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "minilab.image" -}}
{{ .name }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{/* No process needs a capability, a writable root or the API of Kubernetes. The seccomp and Landlock
of the child processes need none either, and hold beneath the profile of the container runtime.
Service links would set MINILAB_PORT if a release is called minilab. */}}
{{- define "minilab.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "minilab.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* Variables of a process: secrets by name, settings of all, its own, in this order. */}}
{{- define "minilab.env" -}}
{{- $secret := .root.Values.existingSecret -}}
{{- range concat (list "MINILAB_MONGODB_URL" "MINILAB_REDIS_URL") .secrets }}
- name: {{ . }}
  valueFrom: {secretKeyRef: {name: {{ $secret }}, key: {{ . }}}}
{{- end }}
{{- range $name, $value := merge (dict) .own .root.Values.settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{- define "minilab.placement" -}}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .of.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .of.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "minilab.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}

{{/* Whether it is the autoscaler that says how many run. */}}
{{- define "minilab.isScaled" -}}
{{- if and .root.Values.scaling.enabled (hasKey .root.Values.scaling .component) -}}yes{{- end -}}
{{- end }}
